//! Writes metric families.

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::metrics::traffic::RouteReport;

/// The labels of a sample: names and values.
pub type Labels<'a> = Vec<(&'static str, &'a str)>;

/// The value of a sample.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// A whole number.
    Whole(i64),
    /// A number of seconds or of another unit with decimals.
    Real(f64),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Whole(i64::from(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Whole(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Whole(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Whole(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

/// Writes families one after the other.
#[derive(Debug)]
pub struct Writer<'a> {
    encoder: DescriptorEncoder<'a>,
}

impl<'a> Writer<'a> {
    /// A writer to `encoder`.
    pub const fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self { encoder }
    }

    /// Writes a family of gauges.
    pub fn gauges<'l, V: Into<Value>>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels<'l>, V)>,
    ) -> std::fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in samples {
            labelled(&mut family, &labels, |sample| match value.into() {
                Value::Whole(value) => sample.encode_gauge(&value),
                Value::Real(value) => sample.encode_gauge(&value),
            })?;
        }
        Ok(())
    }

    /// Writes a gauge without labels.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Into<Value>) -> std::fmt::Result {
        self.gauges(name, help, [(Vec::new(), value)])
    }

    /// Writes a family of counters. The name is without `_total`.
    pub fn counters<'l>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels<'l>, u64)>,
    ) -> std::fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in samples {
            labelled(&mut family, &labels, |sample| sample.encode_counter::<NoLabelSet, _, u64>(&value, None))?;
        }
        Ok(())
    }

    /// Writes the durations of requests, in seconds.
    pub fn durations(&mut self, name: &str, help: &str, reports: &[RouteReport]) -> std::fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for report in reports {
            let bound = |bound: std::time::Duration| {
                if bound == std::time::Duration::MAX { f64::INFINITY } else { bound.as_secs_f64() }
            };
            let buckets: Vec<(f64, u64)> = report.buckets.iter().map(|(at, number)| (bound(*at), *number)).collect();
            let count = buckets.iter().map(|(_, number)| number).sum();
            labelled(&mut family, &[("method", report.method), ("route", report.route.as_str())], |sample| {
                sample.encode_histogram::<NoLabelSet>(report.sum.as_secs_f64(), count, &buckets, None)
            })?;
        }
        Ok(())
    }

    /// Writes an info: its labels, with the value 1.
    pub fn info(&mut self, name: &str, help: &str, labels: &[(&'static str, &str)]) -> std::fmt::Result {
        self.encoder.encode_descriptor(name, help, None, MetricType::Info)?.encode_info(&labels)
    }
}

fn labelled(
    family: &mut MetricEncoder<'_>,
    labels: &[(&'static str, &str)],
    encode: impl FnOnce(&mut MetricEncoder<'_>) -> std::fmt::Result,
) -> std::fmt::Result {
    if labels.is_empty() {
        return encode(family);
    }
    encode(&mut family.encode_family(&labels)?)
}
