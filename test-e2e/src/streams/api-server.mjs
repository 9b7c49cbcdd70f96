// An API server of HTTP/1.1 and HTTP/2 that reports which requests it took, and that fails in the ways it is told. Each
// request has a number at the end of its address. Watches stay open, with an event now and then.
import { createSecureServer } from 'node:http2';
import process from 'node:process';

const server = createSecureServer({ ...JSON.parse(process.argv[2]), allowHTTP1: true });
const sessions = new Set();
const watches = new Set();
let refusals = 0;

const note = (what, url, more) => process.send({ what, id: /(\d+)$/.exec(url)?.[1], ...more });

server.on('session', (session) => {
  sessions.add(session.on('error', () => {}));
  session.once('close', () => sessions.delete(session));
});
server.on('sessionError', () => {});
server.on('request', (request, response) => {
  const { stream } = request;
  if (stream && refusals > 0) {
    refusals -= 1;
    note('refused', request.url);
    return stream.close(7);
  }
  note('took', request.url, { http2: stream !== undefined });
  response.setHeader('content-type', 'application/json');
  response.statusCode = request.method === 'POST' ? 201 : 200;
  if (!request.url.includes('watch=')) return void request.on('end', () => response.end('{}')).resume();
  watches.add(response);
  const event = () => response.write('{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1"}}\n');
  const timer = setInterval(event, 200);
  event();
  response.once('close', () => {
    clearInterval(timer);
    watches.delete(response);
  });
});

const commands = {
  goaway: () => sessions.forEach((session) => session.close()),
  goawayWithError: () => sessions.forEach((session) => session.goaway(11)),
  refuse: (count) => void (refusals = count),
  reset: () => watches.forEach(({ stream }) => stream?.destroy()),
  end: () => watches.forEach((response) => response.end()),
};
process.on('message', ([name, argument]) => commands[name](argument));
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ what: 'listens', port: server.address().port }));
