//! [`is_harmless`]: functions that change nothing, lock nothing and wait for nothing.
//!
//! Of PostgreSQL: functions of `pg_catalog` (15) that are `IMMUTABLE` or `STABLE` in every form, and of the volatile ones
//! those that only read a clock, random numbers or sizes; `tests/all/plans` asks a server. Of MySQL and MariaDB: chapter
//! "Functions and Operators" of MySQL 8.4, without those that `effects` has. Of SQLite: the built-in functions of 3.51 (scalar,
//! aggregate, window, date, math, JSON and FTS5) without those that `effects` has.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::report::sql::Dialect;

/// The three databases have these.
const BOTH: &str = "
abs acos ascii asin atan atan2 avg bit_and bit_or ceil ceiling char_length character_length coalesce concat concat_ws cos
cot count cume_dist current_user degrees dense_rank exp extract first_value floor greatest lag last_value lead least left
length ln log lower lpad ltrim max md5 min mod now ntile nth_value nullif octet_length percent_rank pi position power
radians rank repeat replace reverse right round row_number rpad rtrim sign sin sqrt stddev stddev_pop stddev_samp
substr substring sum tan trim upper user var_pop var_samp variance cast convert char bit_length grouping
";

const POSTGRES: &str = "
age any_value array_agg array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position
array_positions array_prepend array_remove array_replace array_to_json array_to_string array_upper bit_count bit_xor
bool_and bool_or broadcast btrim cardinality cbrt chr clock_timestamp col_description convert_from convert_to corr
covar_pop covar_samp crc32 current_database current_date current_schema current_schemas current_setting current_time
current_timestamp date_bin date_part date_trunc decode div encode enum_first enum_last enum_range erf every factorial
family format format_type gcd gen_random_uuid generate_series generate_subscripts get_bit get_byte has_column_privilege
has_database_privilege has_function_privilege has_schema_privilege has_sequence_privilege has_table_privilege host hostmask
inet_client_addr inet_server_addr initcap isempty isfinite json_agg json_array_elements json_array_elements_text
json_array_length json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text
json_object json_object_agg json_object_keys json_populate_record json_populate_recordset json_strip_nulls json_to_record
json_to_recordset json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object
jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array
jsonb_path_query_first jsonb_populate_record jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_to_record jsonb_to_recordset
jsonb_typeof justify_days justify_hours justify_interval lcm localtime localtimestamp log10 lower_inc lower_inf make_date
make_interval make_time make_timestamp make_timestamptz masklen mode multirange netmask network normalize numnode
num_nonnulls num_nulls obj_description overlaps overlay parse_ident percentile_cont percentile_disc pg_backend_pid
pg_column_size pg_database_size pg_get_constraintdef pg_get_expr pg_get_indexdef pg_get_serial_sequence pg_get_viewdef
pg_indexes_size pg_is_in_recovery pg_relation_size pg_size_pretty pg_table_is_visible pg_table_size pg_total_relation_size
pg_typeof phraseto_tsquery plainto_tsquery querytree quote_ident quote_literal quote_nullable random range_agg range_merge
regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array
regexp_split_to_table regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope row_to_json scale
session_user set_bit set_byte set_masklen setweight sha224 sha256 sha384 sha512 shobj_description split_part starts_with
statement_timestamp string_agg string_to_array string_to_table strip strpos timeofday to_char to_date to_hex to_json
to_jsonb to_number to_regclass to_regtype to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim_array
trim_scale trunc ts_delete ts_filter ts_headline ts_rank ts_rank_cd tsquery_phrase tsvector_to_array txid_current_if_assigned
unistr unnest upper_inc upper_inf version websearch_to_tsquery width_bucket xmlagg xmlelement xmlforest xpath xpath_exists
bit character decimal float int4range int8range interval numeric numrange time timestamp timetz timestamptz tsrange
tstzrange daterange varbit varchar varying date text int4 int8 float8 bpchar precision
";

const MYSQL: &str = "
adddate addtime aes_decrypt aes_encrypt any_value bin bin_to_uuid bit_count bit_xor charset coercibility collation compress
connection_id conv convert_tz crc32 curdate current_date current_time current_timestamp curtime database date date_add
date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear decimal default elt export_set field find_in_set
format format_bytes from_base64 from_days from_unixtime get_format group_concat hex hour if ifnull inet6_aton inet6_ntoa
inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv6 is_uuid isnull json_array json_array_append json_array_insert
json_arrayagg json_contains json_contains_path json_depth json_exists json_extract json_insert json_keys json_length
json_merge_patch json_merge_preserve json_object json_objectagg json_overlaps json_pretty json_quote json_remove
json_replace json_search json_set json_storage_size json_table json_type json_unquote json_valid json_value json_query
last_day lcase localtime localtimestamp locate log10 log2 make_set makedate maketime microsecond mid minute month monthname
nullif nvl nvl2 oct ord period_add period_diff pow quarter quote rand random_bytes regexp_instr regexp_like regexp_replace
regexp_substr schema sec_to_time second session_user sha sha1 sha2 signed soundex space st_asgeojson st_astext st_contains
st_distance st_distance_sphere st_geomfromtext st_intersects st_within st_x st_y std str_to_date strcmp subdate
substring_index subtime sysdate system_user time time_format time_to_sec timediff timestamp timestampadd timestampdiff
to_base64 to_days to_seconds trunc truncate ucase uncompress unhex unix_timestamp unsigned utc_date utc_time utc_timestamp
uuid uuid_to_bin varbinary varchar version week weekday weekofyear weight_string year yearweek point datetime value
";

const SQLITE: &str = "
acosh asinh atanh bm25 changes cosh date datetime format generate_series glob group_concat hex highlight if ifnull iif instr
json json_array json_array_length json_each json_error_position json_extract json_group_array json_group_object json_insert
json_object json_patch json_pretty json_quote json_remove json_replace json_set json_tree json_type json_valid jsonb
jsonb_array jsonb_each jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch jsonb_remove
jsonb_replace jsonb_set jsonb_tree julianday last_insert_rowid like likelihood likely log10 log2 median percentile
percentile_cont percentile_disc printf quote random randomblob sinh snippet soundex sqlite_compileoption_get
sqlite_compileoption_used sqlite_source_id sqlite_version strftime string_agg subtype tanh time timediff total total_changes
trunc typeof unhex unicode unistr unistr_quote unixepoch unlikely zeroblob decimal numeric varchar
";

static BOTH_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| BOTH.split_whitespace().collect());
static POSTGRES_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| POSTGRES.split_whitespace().collect());
static MYSQL_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| MYSQL.split_whitespace().collect());
static SQLITE_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| SQLITE.split_whitespace().collect());

/// Whether the function, in small letters, is known to have no effects. Of databases that are not known: in all of them.
pub(in crate::report::sql) fn is_harmless(dialect: Dialect, name: &str) -> bool {
    BOTH_SET.contains(name)
        || match dialect {
            Dialect::Postgres => POSTGRES_SET.contains(name),
            Dialect::Mysql => MYSQL_SET.contains(name),
            Dialect::Sqlite => SQLITE_SET.contains(name),
            Dialect::Generic => false,
        }
}

/// All functions that are called harmless, and where.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (Dialect, &'static str)> {
    let of = |dialect, names: &'static str| names.split_whitespace().map(move |name| (dialect, name));
    of(Dialect::Postgres, BOTH)
        .chain(of(Dialect::Mysql, BOTH))
        .chain(of(Dialect::Postgres, POSTGRES))
        .chain(of(Dialect::Mysql, MYSQL))
        .chain(of(Dialect::Sqlite, BOTH))
        .chain(of(Dialect::Sqlite, SQLITE))
}
