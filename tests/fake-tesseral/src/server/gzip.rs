//! The gzip format (RFC 1952) without compression: stored blocks (RFC 1951 section 3.2.4).

/// A gzip file that holds `content`.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    // Magic, deflate, no flags, no time, no extra flags, unknown system.
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = content.chunks(0xffff).peekable();
    if blocks.peek().is_none() {
        push_block(&mut file, &[], true);
    }
    while let Some(block) = blocks.next() {
        push_block(&mut file, block, blocks.peek().is_none());
    }
    file.extend(crc32(content).to_le_bytes());
    file.extend((content.len() as u32).to_le_bytes()); // modulo 2^32, as the format wants it
    file
}

/// `block` has at most 65,535 octets.
fn push_block(file: &mut Vec<u8>, block: &[u8], last: bool) {
    let len = block.len() as u16;
    file.push(u8::from(last));
    file.extend(len.to_le_bytes());
    file.extend((!len).to_le_bytes());
    file.extend(block);
}

/// CRC-32 of RFC 1952 section 8, bit by bit.
fn crc32(octets: &[u8]) -> u32 {
    !octets.iter().fold(!0, |crc, octet| {
        (0..8).fold(crc ^ u32::from(*octet), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_value_of_crc32() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn one_block_several_and_none() {
        assert_eq!(gzip(b"a"), b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x01\0\xfe\xffa\x43\xbe\xb7\xe8\x01\0\0\0");
        assert_eq!(gzip(b"")[10..], *b"\x01\0\0\xff\xff\0\0\0\0\0\0\0\0");
        let file = gzip(&[7; 0x1_0000]);
        assert_eq!(file[10..15], *b"\0\xff\xff\0\0");
        assert_eq!(file[15 + 0xffff..][..6], *b"\x01\x01\0\xfe\xff\x07");
    }
}
