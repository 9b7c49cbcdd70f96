// A client of HTTP/2 for tests, which sends what no library would.
export { connectRaw, readHead, type RawAnswer, type RawConnection, type RawOptions } from './raw-connection.ts';
export {
  codes,
  flags,
  maxFrame,
  types,
  writeData,
  writeFields,
  writeFrame,
  writeHead,
  writeReset,
  writeSettings,
  writeWindow,
  type RawField,
} from './raw-frames.ts';
