//! [`Gzip`]: compresses on several threads, to the same bytes whatever their number.
//!
//! The content is cut into pieces of one size, each of which is compressed by itself, as pigz does it: what is written is one
//! stream, because browsers read no second one. Level 6 of `miniz_oxide` takes half a second for 100,000 points, which is most of
//! what writing a page takes.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Bytes of content in a piece. Smaller ones know less of what came before, which repeats.
const PIECE: usize = 512 << 10;
/// No file name, no time, no system: bytes depend on the content alone.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A writer whose content arrives at another one as gzip.
pub(super) struct Gzip<W> {
    out: W,
    piece: Vec<u8>,
    check: Crc,
    /// Pieces that are being compressed, the first of the stream first.
    pending: VecDeque<JoinHandle<io::Result<Vec<u8>>>>,
    threads: usize,
}

impl<W: Write> Gzip<W> {
    pub(super) fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&HEADER)?;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { out, piece: Vec::new(), check: Crc::new(), pending: VecDeque::new(), threads })
    }

    /// Writes what is left, and gives the writer back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        while let Some(compressed) = self.pending.pop_front() {
            self.write_compressed(compressed)?;
        }
        let last = compressed(&self.piece, FlushCompress::Finish)?;
        self.out.write_all(&last)?;
        self.out.write_all(&self.check.sum().to_le_bytes())?;
        self.out.write_all(&self.check.amount().to_le_bytes())?;
        Ok(self.out)
    }

    fn compress_piece(&mut self) -> io::Result<()> {
        if self.pending.len() >= self.threads
            && let Some(compressed) = self.pending.pop_front()
        {
            self.write_compressed(compressed)?;
        }
        let piece = Arc::new(std::mem::take(&mut self.piece));
        let of_thread = Arc::clone(&piece);
        let spawned = thread::Builder::new()
            .name("osprofiler-gzip".to_owned())
            .spawn(move || compressed(&of_thread, FlushCompress::Full));
        match spawned {
            Ok(thread) => self.pending.push_back(thread),
            // The system gives no thread: this one does it, after those before.
            Err(_) => {
                while let Some(compressed) = self.pending.pop_front() {
                    self.write_compressed(compressed)?;
                }
                let compressed = compressed(&piece, FlushCompress::Full)?;
                self.out.write_all(&compressed)?;
            }
        }
        Ok(())
    }

    fn write_compressed(&mut self, thread: JoinHandle<io::Result<Vec<u8>>>) -> io::Result<()> {
        let compressed = thread.join().map_err(|_| io::Error::other("compressing failed"))??;
        self.out.write_all(&compressed)
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        let taken = content.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&content[..taken]);
        self.check.update(&content[..taken]);
        if self.piece.len() == PIECE {
            self.compress_piece()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A part of a stream, without header: all of `piece`, up to a whole byte.
fn compressed(piece: &[u8], flush: FlushCompress) -> io::Result<Vec<u8>> {
    let mut compress = Compress::new(Compression::new(6), false);
    let mut out = Vec::with_capacity(piece.len() / 2 + 1024);
    loop {
        let read = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let status = compress.compress_vec(&piece[read..], &mut out, flush).map_err(io::Error::other)?;
        // Room that is left says that nothing waits for more.
        if status == Status::StreamEnd || (flush != FlushCompress::Finish && out.len() < out.capacity()) {
            return Ok(out);
        }
        out.reserve(piece.len() / 4 + 1024);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn packed(content: &[u8], threads: usize) -> Vec<u8> {
        let mut gzip = Gzip::new(Vec::new()).expect("memory takes all");
        gzip.threads = threads;
        gzip.write_all(content).expect("memory takes all");
        gzip.finish().expect("memory takes all")
    }

    #[test]
    fn content_comes_back_from_one_stream() {
        let mut random = fastrand::Rng::with_seed(1);
        let noise: Vec<u8> = (0..PIECE + 5).map(|_| random.u8(..)).collect();
        let zeros = vec![0; 3 * PIECE];
        for content in [&[][..], b"a", &noise, &zeros, &zeros[..PIECE], &noise[..PIECE - 1]] {
            let gzip = packed(content, 2);
            // Of several streams, this decoder reads the first.
            let mut decoder = flate2::bufread::GzDecoder::new(&gzip[..]);
            let mut back = Vec::new();
            decoder.read_to_end(&mut back).expect("gzip");
            assert!(back == content, "{} bytes", content.len());
            assert!(decoder.into_inner().is_empty());
        }
    }

    #[test]
    fn bytes_do_not_depend_on_the_number_of_threads() {
        let content: Vec<u8> = (0..4 * PIECE).map(|place| (place * place % 251) as u8).collect();
        assert!(packed(&content, 1) == packed(&content, 7));
    }
}
