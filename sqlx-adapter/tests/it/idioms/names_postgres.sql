SELECT name::text AS "name!" FROM person ORDER BY id
