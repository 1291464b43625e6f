import { readFileSync } from 'node:fs';

/** Format of the announcements: G.711 mu-law, one channel. @see RFC 2361 Appendix A */
const WAVE_FORMAT_MULAW = 7;
const SAMPLE_RATE = 8_000;
const RIFF_HEADER_OCTETS = 12;
const CHUNK_HEADER_OCTETS = 8;

/** The file is no announcement that can be sent as PCMU; the message says why. */
export class AnnouncementError extends Error {
  readonly code = 'ANNOUNCEMENT_UNUSABLE';
}

/**
 * The samples of a WAVE file with 8 kHz mu-law, one octet each, as they go into PCMU packets.
 * @throws {AnnouncementError}
 */
export function readAnnouncement(file: string): Uint8Array {
  let octets: Buffer;
  try {
    octets = readFileSync(file);
  } catch (error) {
    throw new AnnouncementError(`${file} cannot be read: ${String(error)}`);
  }
  if (octets.toString('latin1', 0, 4) !== 'RIFF' || octets.toString('latin1', 8, 12) !== 'WAVE') {
    throw new AnnouncementError(`${file} is no WAVE file`);
  }
  let isMulaw = false;
  for (let at = RIFF_HEADER_OCTETS; at + CHUNK_HEADER_OCTETS <= octets.length; ) {
    const name = octets.toString('latin1', at, at + 4);
    const length = octets.readUInt32LE(at + 4);
    const data = octets.subarray(at + CHUNK_HEADER_OCTETS, at + CHUNK_HEADER_OCTETS + length);
    if (name === 'fmt ' && data.length >= 16) {
      isMulaw =
        data.readUInt16LE(0) === WAVE_FORMAT_MULAW &&
        data.readUInt16LE(2) === 1 &&
        data.readUInt32LE(4) === SAMPLE_RATE;
    }
    if (name === 'data' && isMulaw && data.length === length) return new Uint8Array(data);
    // Chunks fill words.
    at += CHUNK_HEADER_OCTETS + length + (length % 2);
  }
  throw new AnnouncementError(`${file} has no mono mu-law sound with ${SAMPLE_RATE} Hz`);
}
