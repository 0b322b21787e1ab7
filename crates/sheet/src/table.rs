//! The same rows as CSV, JSON lines or Parquet, piece by piece: what goes in as a page comes out as bytes, and no more
//! than a page is held.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use rookery_kernel::{Date, Timestamp};
use serde_json::{Map, Value as Json};

use crate::cells;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// RFC 4180 with headings, UTF-8 with a byte order mark; no cell begins a formula.
    Csv,
    /// A JSON object per line, exact.
    JsonLines,
    /// Columns with types, compressed with Snappy.
    Parquet,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::JsonLines, Self::Parquet];

    /// The ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// The type of the content.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/x-ndjson; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// The format of an ending.
    pub fn of_ending(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.ending() == ending)
    }
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A whole number.
    Count,
    /// A number with a fraction.
    Decimal,
    /// A day.
    Date,
    /// An instant, in UTC.
    Time,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// What stands in it.
    pub kind: Kind,
}

/// A cell. `Null` is "not known": an empty cell, `null`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Not known.
    Null,
    /// Words.
    Text(String),
    /// A whole number.
    Count(i64),
    /// A number with a fraction.
    Decimal(f64),
    /// A day.
    Date(Date),
    /// An instant.
    Time(Timestamp),
}

impl From<Option<i64>> for Value {
    fn from(n: Option<i64>) -> Self {
        n.map_or(Self::Null, Self::Count)
    }
}

impl From<Option<f64>> for Value {
    fn from(n: Option<f64>) -> Self {
        n.map_or(Self::Null, Self::Decimal)
    }
}

impl From<Option<Date>> for Value {
    fn from(date: Option<Date>) -> Self {
        date.map_or(Self::Null, Self::Date)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl Value {
    fn cell(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) => cells::defused(text),
            Self::Count(n) => n.to_string(),
            Self::Decimal(n) => n.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Time(at) => at.to_string(),
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Text(text) => Json::from(text.as_str()),
            Self::Count(n) => Json::from(*n),
            Self::Decimal(n) => Json::from(*n),
            Self::Date(date) => Json::from(date.to_string()),
            Self::Time(at) => Json::from(at.to_string()),
        }
    }
}

/// A table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Parquet refused a column.
    #[error("the table does not fit into a Parquet file")]
    Parquet(#[from] ParquetError),
}

/// Where the Parquet writer writes to and pieces are taken from.
#[derive(Debug, Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Inner {
    Csv { has_headings: bool },
    JsonLines,
    Parquet { sink: Sink, file: Box<SerializedFileWriter<Sink>> },
}

/// Writes a table, page by page.
pub struct Writer {
    columns: &'static [Column],
    inner: Inner,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("columns", &self.columns.len()).finish_non_exhaustive()
    }
}

impl Writer {
    /// A writer of a table with these columns.
    ///
    /// # Errors
    /// [`TableError`] if Parquet has no such table.
    pub fn new(format: Format, columns: &'static [Column]) -> Result<Self, TableError> {
        let inner = match format {
            Format::Csv => Inner::Csv { has_headings: false },
            Format::JsonLines => Inner::JsonLines,
            Format::Parquet => {
                let sink = Sink::default();
                let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
                let file = SerializedFileWriter::new(sink.clone(), Arc::new(schema(columns)?), Arc::new(properties))?;
                Inner::Parquet { sink, file: Box::new(file) }
            }
        };
        Ok(Self { columns, inner })
    }

    /// The bytes of the next rows; each row has a value for each column, in order. A page of a Parquet file is a group
    /// of rows of its own, so pages of thousands read better than pages of tens.
    ///
    /// # Errors
    /// [`TableError`] if a value does not fit its column.
    pub fn page(&mut self, rows: &[Vec<Value>]) -> Result<Vec<u8>, TableError> {
        match &mut self.inner {
            Inner::Csv { has_headings } => {
                let mut text = String::new();
                if !std::mem::replace(has_headings, true) {
                    text.push('\u{feff}');
                    text.push_str(&cells::write_line(self.columns.iter().map(|c| c.name)));
                }
                for row in rows {
                    text.push_str(&cells::write_line(row.iter().map(Value::cell)));
                }
                Ok(text.into_bytes())
            }
            Inner::JsonLines => {
                let mut text = String::new();
                for row in rows {
                    let object: Map<String, Json> =
                        self.columns.iter().zip(row).map(|(c, value)| (c.name.to_owned(), value.json())).collect();
                    text.push_str(&Json::Object(object).to_string());
                    text.push('\n');
                }
                Ok(text.into_bytes())
            }
            Inner::Parquet { sink, file } => {
                if !rows.is_empty() {
                    let mut group = file.next_row_group()?;
                    for (at, column) in self.columns.iter().enumerate() {
                        write_column(
                            &mut group,
                            column.kind,
                            rows.iter().map(|row| row.get(at).unwrap_or(&Value::Null)),
                        )?;
                    }
                    group.close()?;
                }
                Ok(sink.take())
            }
        }
    }

    /// The bytes after the last row.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn finish(mut self) -> Result<Vec<u8>, TableError> {
        let headings = self.page(&[])?;
        match self.inner {
            Inner::Csv { .. } | Inner::JsonLines => Ok(headings),
            Inner::Parquet { sink, file } => {
                file.close()?;
                let mut bytes = headings;
                bytes.extend(sink.take());
                Ok(bytes)
            }
        }
    }
}

fn schema(columns: &[Column]) -> Result<Type, ParquetError> {
    let field = |column: &Column| {
        let (physical, logical, converted) = match column.kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), ConvertedType::UTF8),
            Kind::Count => (Physical::INT64, None, ConvertedType::NONE),
            Kind::Decimal => (Physical::DOUBLE, None, ConvertedType::NONE),
            Kind::Date => (Physical::INT32, Some(LogicalType::Date), ConvertedType::DATE),
            Kind::Time => {
                (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS)), ConvertedType::TIMESTAMP_MILLIS)
            }
        };
        let field = Type::primitive_type_builder(column.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .with_converted_type(converted)
            .build()?;
        Ok(Arc::new(field))
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, ParquetError>>()?;
    Type::group_type_builder("rookery").with_fields(fields).build()
}

fn write_column<'a>(
    group: &mut SerializedRowGroupWriter<'_, Sink>,
    kind: Kind,
    cells: impl Iterator<Item = &'a Value> + Clone,
) -> Result<(), ParquetError> {
    let wrong = || ParquetError::General("a value of another kind than its column".to_owned());
    match kind {
        Kind::Text => typed::<ByteArrayType>(group, cells, |v| match v {
            Value::Text(text) => Some(ByteArray::from(text.as_str())),
            _ => None,
        }),
        Kind::Count => typed::<Int64Type>(group, cells, |v| match v {
            Value::Count(n) => Some(*n),
            _ => None,
        }),
        Kind::Decimal => typed::<DoubleType>(group, cells, |v| match v {
            Value::Decimal(n) => Some(*n),
            _ => None,
        }),
        Kind::Date => {
            let epoch: Date = "1970-01-01".parse().map_err(|_| wrong())?;
            typed::<Int32Type>(group, cells, |v| match v {
                Value::Date(date) => i32::try_from(date.days_since(epoch)).ok(),
                _ => None,
            })
        }
        Kind::Time => typed::<Int64Type>(group, cells, |v| match v {
            Value::Time(at) => Some(at.as_millis()),
            _ => None,
        }),
    }
}

/// Values that are known, and for every row whether it has one.
fn typed<'a, T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Sink>,
    cells: impl Iterator<Item = &'a Value>,
    of: impl Fn(&Value) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let (mut values, mut known) = (Vec::new(), Vec::new());
    for cell in cells {
        let value = match cell {
            Value::Null => None,
            cell => Some(
                of(cell)
                    .ok_or_else(|| ParquetError::General(format!("{cell:?} is of another kind than its column")))?,
            ),
        };
        known.push(i16::from(value.is_some()));
        values.extend(value);
    }
    let mut column = group.next_column()?.ok_or_else(|| ParquetError::General("a column too many".to_owned()))?;
    column.typed::<T>().write_batch(&values, Some(&known), None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    const COLUMNS: &[Column] = &[
        Column { name: "text", kind: Kind::Text },
        Column { name: "count", kind: Kind::Count },
        Column { name: "rate", kind: Kind::Decimal },
        Column { name: "day", kind: Kind::Date },
        Column { name: "at", kind: Kind::Time },
    ];

    fn rows() -> Vec<Vec<Value>> {
        let day: Date = "2026-03-02".parse().expect("a date");
        vec![
            vec![
                Value::Text("=1+1, \"x\"\n".to_owned()),
                Value::Count(3),
                Value::Decimal(0.25),
                Value::Date(day),
                Value::Time(day.start_utc()),
            ],
            vec![Value::Null, Value::Null, Value::Null, Value::Null, Value::Null],
        ]
    }

    fn written(format: Format) -> Vec<u8> {
        let mut writer = Writer::new(format, COLUMNS).expect("a table");
        let mut bytes = writer.page(&rows()).expect("a page");
        bytes.extend(writer.page(&rows()[..1]).expect("a page"));
        bytes.extend(writer.finish().expect("the end"));
        bytes
    }

    #[test]
    fn nothing_is_an_empty_cell_and_no_cell_begins_a_formula() {
        let csv = String::from_utf8(written(Format::Csv)).expect("text");
        let first = "\"'=1+1, \"\"x\"\"\n\",3,0.25,2026-03-02,2026-03-02T00:00:00Z\r\n";
        assert_eq!(csv, format!("\u{feff}text,count,rate,day,at\r\n{first},,,,\r\n{first}"));
        let json = String::from_utf8(written(Format::JsonLines)).expect("text");
        assert_eq!(json.lines().count(), 3);
        assert!(json.contains("{\"at\":null,\"count\":null,\"day\":null,\"rate\":null,\"text\":null}"), "{json}");
    }

    #[test]
    fn parquet_reads_back_in_groups_of_pages() {
        let bytes = written(Format::Parquet);
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).expect("a Parquet file");
        assert_eq!(reader.num_row_groups(), 2);
        let read: Vec<Vec<Field>> = reader
            .get_row_iter(None)
            .expect("rows")
            .map(|row| row.expect("a row").get_column_iter().map(|(_, field)| field.clone()).collect())
            .collect();
        assert_eq!(read.len(), 3);
        // 2026-03-02 is day 20,514 after the first of January 1970.
        let first = [
            Field::Str("=1+1, \"x\"\n".to_owned()),
            Field::Long(3),
            Field::Double(0.25),
            Field::Date(20_514),
            Field::TimestampMillis(20_514 * 86_400_000),
        ];
        assert_eq!((read[0].as_slice(), read[2].as_slice()), (first.as_slice(), first.as_slice()));
        assert!(read[1].iter().all(|field| *field == Field::Null));
        let empty = Writer::new(Format::Parquet, COLUMNS).expect("a table").finish().expect("the end");
        let reader = SerializedFileReader::new(bytes::Bytes::from(empty)).expect("a Parquet file");
        assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        let mut writer = Writer::new(Format::Parquet, COLUMNS).expect("a table");
        let mut row = rows().remove(0);
        row[1] = Value::Text("three".to_owned());
        assert!(writer.page(&[row]).is_err());
    }
}
