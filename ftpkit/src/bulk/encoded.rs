//! Paths in JSON: percent-encoded as in a URL, since they need not be UTF-8. For serde's `with`.

use crate::remote::encoded_path;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(path: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encoded_path(path))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    Ok(percent_decode_str(&String::deserialize(deserializer)?).collect())
}
