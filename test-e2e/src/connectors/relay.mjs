// Runs in the network of a connector: passes what connects to an address there to a socket of the file system, which is
// the only way out of that network. Ends with its standard input.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import process from 'node:process';

for (const { host, port, socketFile } of JSON.parse(process.argv[2])) {
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    const outside = connect({ path: socketFile, allowHalfOpen: true });
    inside.on('error', () => outside.destroy()).pipe(outside);
    outside.on('error', () => inside.destroy()).pipe(inside);
  });
  server.listen(port, host);
  await once(server, 'listening');
}
process.stdout.write('the relay is ready\n');
process.stdin.resume().once('end', () => process.exit());
