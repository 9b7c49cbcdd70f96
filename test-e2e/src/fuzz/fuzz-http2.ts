import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import {
  connectRaw,
  flags,
  types,
  writeData,
  writeFields,
  writeFrame,
  writeHead,
  writeReset,
  writeSettings,
  writeWindow,
  type RawConnection,
  type RawField,
} from '@sallyport/http2/testing';
import { eventually, type Gateway, type RecordedRequest } from '../harness/index.ts';
import { createDice, mutate, type Dice } from './mutate.ts';

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const words = (text: string) => text.split(' ');
const tokens = [
  ' ',
  ...words(
    '\r\n \n \0 \t : , ; # \\ // /.. %2f %00 ?watch=true \xff @ HTTP/1.1 Impersonate-User: /clusters/dev /.sallyport/me 5',
  ),
].map((text) => Buffer.from(text, 'latin1'));
const names = words(
  ':method :scheme :path :authority :status :protocol :x host authorization cookie content-length transfer-encoding ' +
    'connection upgrade te trailer expect accept x-a impersonate-user impersonate_user impersonate-group x-remote-user ' +
    'X-Remote-User sallyport-user x-forwarded-for user-agent content-type sec-websocket-protocol origin',
);
const values = [
  '',
  'Bearer spt_x',
  ...words(
    `GET POST DELETE CONNECT get https http ${pods} ${pods}/web ${pods}?watch=true / * 127.0.0.1 dev.k8s.test root ` +
      'system:masters 0 2 5 chunked close websocket trailers 100-continue a=b authorization h2c text/html',
  ),
];

/** Changes the fields of a request in a few places. */
function changeFields(given: readonly RawField[], dice: Dice): RawField[] {
  const fields = [...given];
  for (let times = dice.roll(5); times > 0 && fields.length > 0; times -= 1) {
    const at = dice.roll(fields.length);
    const [name, value] = fields[at]!;
    const mutated = (text: string) =>
      mutate([Buffer.from(text, 'latin1')], tokens, dice)
        .subarray(0, 400)
        .toString('latin1');
    const changes: (() => void)[] = [
      () => fields.splice(at, 1),
      () => fields.push(fields[at]!),
      () => fields.push(...fields.splice(at, 1)),
      () => (fields[at] = [name, dice.pick(values)]),
      () => (fields[at] = [name, mutated(value)]),
      () => (fields[at] = [mutated(name), value]),
      () => fields.splice(dice.roll(fields.length + 1), 0, [dice.pick(names), dice.pick(values)]),
      () => fields.push([dice.pick(names), dice.pick(values)]),
    ];
    dice.pick(changes)();
  }
  return fields;
}

/** The frames of a request. `isGivenUp`: the client resets it, and so hears no more of it. */
type FuzzedRequest = { frames: Buffer[]; isGivenUp: boolean };

/** Returns a request with changed fields, and perhaps with a body and trailers. */
function writeRequest(stream: number, valid: readonly RawField[], dice: Dice): FuzzedRequest {
  const fields = changeFields(valid, dice);
  const ends = dice.roll(3) > 0;
  const frames = [writeHead(stream, fields, ends)];
  if (ends) return { frames, isGivenUp: false };
  const ending = dice.roll(6);
  frames.push(writeData(stream, dice.pick(['{}', '', 'hello', '0\r\n\r\nGET / HTTP/1.1\r\n\r\n']), ending > 1));
  if (ending === 0)
    frames.push(
      writeFrame(
        types.headers,
        flags.endHeaders | flags.endStream,
        stream,
        writeFields(changeFields([['x-t', '1']], dice)),
      ),
    );
  if (ending === 1) frames.push(writeReset(stream, dice.roll(14)));
  return { frames, isGivenUp: ending === 1 };
}

/** Valid conversations, whose bytes are changed. */
const conversations = (valid: readonly RawField[]): Buffer[] =>
  [
    [writeHead(1, valid)],
    [writeHead(1, valid, false), writeData(1, '{}')],
    [
      writeFrame(types.headers, flags.endStream, 1, writeFields(valid.slice(0, 3))),
      writeFrame(types.continuation, flags.endHeaders, 1, writeFields(valid.slice(3))),
    ],
    [writeSettings([[4, 0]]), writeHead(1, valid), writeWindow(1, 100), writeWindow(0, 100), writeReset(1)],
    [
      writeFrame(types.ping, 0, 0, Buffer.alloc(8)),
      writeFrame(types.priority, 0, 3, Buffer.alloc(5)),
      writeHead(3, valid),
    ],
    [writeHead(1, valid), writeHead(3, valid), writeFrame(types.goaway, 0, 0, Buffer.alloc(8))],
  ].map((frames) => Buffer.concat(frames));

const isOver = (connection: RawConnection, stream: number) => {
  const { ended, reset } = connection.answer(stream);
  return ended || reset !== undefined || connection.closed || connection.goaway !== undefined;
};

/** Checks a request that reached the cluster, and returns its path. */
function checkUpstream({ url, rawHeaders, header }: RecordedRequest): string {
  if (header('impersonate-user').join() !== 'alice@example.com' || header('authorization').length !== 1)
    throw new Error(`another identity upstream: ${JSON.stringify(rawHeaders)}`);
  if (rawHeaders.some((text) => /[\r\n\0]/.test(text))) throw new Error('a line break upstream');
  return url;
}

/** Waits until the audit trail has each path that reached the cluster. */
async function awaitEvents(paths: ReadonlySet<string>, gateway: Gateway, seed: number): Promise<void> {
  let missing = [...paths];
  await eventually(
    'the events',
    () => {
      const judged = new Set(
        gateway.events({}).map(({ data }) => data.requestURI.replace(/^\/clusters\/dev(?=\/)/, '')),
      );
      missing = missing.filter((path) => !judged.has(path));
      return missing.length === 0;
    },
    60_000,
    () => `of ${JSON.stringify(missing.slice(0, 5))} (seed ${seed})`,
  );
}

/**
 * Sends that many requests whose fields were changed, and a tenth as many conversations whose bytes were. What reaches the
 * cluster has to be what was judged.
 */
export async function fuzzHttp2(
  { gateway, requests, token }: { gateway: Gateway; requests: RecordedRequest[]; token: string },
  cases: number,
): Promise<void> {
  const seed = Number(process.env['SALLYPORT_FUZZ_SEED'] ?? Date.now() % 1_000_000_000);
  const dice = createDice(seed);
  const { port } = new URL(gateway.url);
  const connect = () => connectRaw({ host: '127.0.0.1', port: Number(port), ca: gateway.caPem });
  const valid: RawField[] = [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', pods],
    [':authority', '127.0.0.1'],
    ['authorization', `Bearer ${token}`],
    ['accept', 'application/json'],
  ];
  const started = performance.now();
  const counts = { streams: 0, connections: 0, upstream: 0 };
  const paths = new Set<string>();
  const check = () => {
    counts.upstream += requests.length;
    for (const request of requests.splice(0)) paths.add(checkUpstream(request));
  };
  while (counts.streams < cases) {
    const connection = await connect();
    counts.connections += 1;
    for (let stream = 1; stream < 400 && !connection.closed && connection.goaway === undefined; stream += 40) {
      const streams = Array.from({ length: 20 }, (_none, index) => stream + 2 * index);
      const awaited = streams.filter((one) => {
        const { frames, isGivenUp } = writeRequest(one, valid, dice);
        connection.send(...frames);
        return !isGivenUp;
      });
      counts.streams += streams.length;
      await eventually(
        'the ends of the streams',
        () => awaited.every((one) => isOver(connection, one)),
        60_000,
        () => `(seed ${seed})`,
        2,
      );
    }
    connection.socket.destroy();
    check();
  }
  const seeds = conversations(valid);
  for (let count = 0; count < cases / 10; count += 10) {
    const open = await Promise.all(Array.from({ length: 10 }, connect));
    counts.connections += open.length;
    for (const connection of open) connection.send(mutate(seeds, [...tokens, ...seeds], dice));
    const end = performance.now() + 25;
    while (performance.now() < end && !open.every((one) => one.closed || isOver(one, 1))) await turn();
    for (const { socket } of open) socket.destroy();
    check();
  }
  await awaitEvents(paths, gateway, seed);
  process.stderr.write(
    `fuzzed: HTTP/2: ${counts.streams} requests and ${Math.ceil(cases / 10)} conversations on ${counts.connections} connections in ${Math.round((performance.now() - started) / 1000)} s, ${counts.upstream} requests upstream, seed ${seed}\n`,
  );
}
