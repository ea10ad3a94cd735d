SELECT [name] FROM person ORDER BY id
