//! The text of a statement's file: out of its archive and its encoding.

use std::io::{Cursor, Read};

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

/// Far above the bill of any shop, and low enough for the memory: an archive may be a bomb.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
const FILES_MAX: usize = 100;

/// Unpacks a file: the files of a zip archive, the content of a gzip file, or the file itself. Each is decoded.
///
/// # Errors
/// If an archive is damaged or too large, or a text has no known encoding.
pub fn unpack(bytes: &[u8]) -> Result<Vec<String>, String> {
    if bytes.starts_with(b"PK\x03\x04") {
        return unzip(bytes)?.iter().map(|file| decode(file)).collect();
    }
    if bytes.starts_with(&[0x1F, 0x8B]) {
        return decode(&read_all(MultiGzDecoder::new(bytes))?).map(|text| vec![text]);
    }
    decode(bytes).map(|text| vec![text])
}

fn unzip(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let damaged = |error: zip::result::ZipError| format!("the zip archive cannot be read: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > FILES_MAX {
        return Err(format!("the zip archive has {} files", archive.len()));
    }
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(damaged)?;
        if file.is_file() {
            files.push(read_all(file)?);
        }
    }
    Ok(files)
}

fn read_all(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = reader.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    match read.map_err(|error| format!("the archive cannot be read: {error}"))? {
        _ if u64::try_from(bytes.len()).is_ok_and(|length| length > BYTES_MAX) => {
            Err(format!("the unpacked file is larger than {} MiB", BYTES_MAX >> 20))
        }
        _ => Ok(bytes),
    }
}

/// Decodes a text: by its mark, else as UTF-8 if it is valid, else as GBK.
fn decode(bytes: &[u8]) -> Result<String, String> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let candidates = match marked {
        Some(encoding) => vec![encoding],
        // Without a mark, the zero in every second byte shows it.
        None if is_utf16(bytes, 1) => vec![UTF_16LE],
        None if is_utf16(bytes, 0) => vec![UTF_16BE],
        None => vec![UTF_8, GB18030],
    };
    for encoding in candidates {
        let (text, _, has_errors) = encoding.decode(bytes);
        if !has_errors && !text.contains('\0') {
            return Ok(text.into_owned());
        }
    }
    Err("the file is no text in UTF-8, UTF-16 or GBK".to_owned())
}

/// Whether the bytes at `offset` of the first pairs are zero, as in UTF-16 of ASCII.
fn is_utf16(bytes: &[u8], offset: usize) -> bool {
    let pairs = bytes.chunks_exact(2).take(8);
    pairs.len() == 8 && pairs.filter(|pair| pair.get(offset) == Some(&0)).count() >= 6
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const TEXT: &str = "交易时间,商户订单号\n2026-11-25,77\n";

    fn zipped(files: &[&[u8]]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (at, file) in files.iter().enumerate() {
            writer.start_file(format!("{at}.csv"), SimpleFileOptions::default()).unwrap();
            writer.write_all(file).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_text_is_decoded_from_every_encoding_that_it_is_saved_in() {
        let utf16: Vec<u8> = [0xFEFF].into_iter().chain(TEXT.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let marked = [b"\xEF\xBB\xBF", TEXT.as_bytes()].concat();
        for bytes in [TEXT.as_bytes(), &marked, &GB18030.encode(TEXT).0, &utf16] {
            assert_eq!(unpack(bytes), Ok(vec![TEXT.to_owned()]));
        }
        for bad in [&b"\x89PNG\r\n\x1a\n\0\0"[..], b"\xff\xfe\x00", b"7\x007", b"\xff\xff\xff"] {
            assert!(unpack(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn archives_are_unpacked() {
        let gbk = GB18030.encode(TEXT).0;
        assert_eq!(unpack(&zipped(&[&gbk, b"other"])), Ok(vec![TEXT.to_owned(), "other".to_owned()]));
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(TEXT.as_bytes()).unwrap();
        assert_eq!(unpack(&gzip.finish().unwrap()), Ok(vec![TEXT.to_owned()]));
        let whole = zipped(&[&gbk]);
        for length in 4..whole.len() {
            assert!(unpack(&whole[..length]).is_err(), "the first {length} bytes were accepted");
        }
    }
}
