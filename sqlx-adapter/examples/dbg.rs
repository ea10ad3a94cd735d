//! scratch
use sqlx::Arguments as _;
#[derive(sqlx::Type)]
#[sqlx(type_name = "mood", rename_all = "lowercase")]
enum Mood { Sad, Ok }
#[derive(sqlx::Type)]
#[sqlx(type_name = "pt")]
struct Pt { x: i32, m: Mood }
#[derive(sqlx::Type)]
#[sqlx(type_name = "price", transparent)]
struct Price(i32);
fn main() {
    let mut a = sqlx::postgres::PgArguments::default();
    a.add(1i32).unwrap(); a.add("x").unwrap(); a.add(None::<i64>).unwrap(); a.add(vec![1i32]).unwrap();
    a.add(Mood::Sad).unwrap(); a.add(vec![Mood::Ok]).unwrap(); a.add(Pt{x:1,m:Mood::Sad}).unwrap(); a.add(Price(3)).unwrap();
    a.add(sqlx::types::Json(vec![1])).unwrap();
    a.add(sqlx::postgres::types::PgRange::from(1i32..5)).unwrap();
    println!("{a:?}");
    let mut a = sqlx::mysql::MySqlArguments::default();
    a.add(1i32).unwrap(); a.add(1u64).unwrap(); a.add("x").unwrap(); a.add(None::<i64>).unwrap(); a.add(true).unwrap(); a.add(vec![1u8]).unwrap(); a.add(sqlx::types::Json(vec![1])).unwrap();
    a.add(1.5f32).unwrap(); a.add(sqlx::types::chrono::NaiveTime::from_hms_opt(1,2,3)).unwrap(); a.add(sqlx::types::Uuid::nil()).unwrap(); a.add(None::<String>).unwrap(); a.add(sqlx::types::Decimal::new(15,1)).unwrap();
    println!("{a:?}");
}
