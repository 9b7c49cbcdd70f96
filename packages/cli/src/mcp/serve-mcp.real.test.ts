import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { until } from '@sallyport/kit/testing';

const program = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));
const token = 'spt_planted_agent_token_0123456789';

/** A gateway that answers no request, and knows which are open. */
let server: Server;
let open: Set<IncomingMessage>;
let most: number;
let answer: (request: IncomingMessage, response: ServerResponse) => boolean;
beforeEach(async () => {
  [open, most, answer] = [new Set(), 0, () => false];
  server = createServer((request, response) => {
    open.add(request);
    most = Math.max(most, open.size);
    response.on('close', () => open.delete(request));
    answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const args = (...more: string[]) => {
  const { port } = server.address() as AddressInfo;
  return [program, 'mcp', '--gateway', `http://localhost:${port}`, ...more];
};
const env = { ...process.env, SALLYPORT_TOKEN: token, SALLYPORT_HOME: '/nonexistent' } as Record<string, string>;

async function connect(...more: string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: args(...more), env, stderr: 'ignore' }),
  );
  return client;
}

describe('a running sallyport mcp', () => {
  it('ends its requests when the client cancels the call', async () => {
    const client = await connect();
    const canceled = new AbortController();
    const call = client.callTool({ name: 'clusters', arguments: {} }, { signal: canceled.signal });
    await until(() => open.size === 1);
    canceled.abort();
    await expect(call).rejects.toThrow(/abort/i);
    await until(() => open.size === 0);
    await client.close();
  });

  it('gives up after its time limit, and says so', async () => {
    const client = await connect('--timeout', '1s');
    const result = await client.callTool({ name: 'clusters', arguments: {} });
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: 'Error: there was no answer within 1s.\nAsk for less, or try again.' }],
    });
    await until(() => open.size === 0);
    await client.close();
  });

  it('sends four calls at a time', async () => {
    const client = await connect();
    let answered = 0;
    answer = (_request, response) => {
      setTimeout(() => {
        answered += 1;
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"clusters": []}');
      }, 30);
      return true;
    };
    const calls = Array.from({ length: 20 }, () => client.callTool({ name: 'clusters', arguments: {} }));
    for (const call of calls) expect(await call).toMatchObject({ isError: false });
    expect([answered, most]).toEqual([20, 4]);
    await client.close();
  });

  it('stops reading a log that never ends', async () => {
    const client = await connect();
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const line = 'y'.repeat(64 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(line));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return true;
    };
    const result = await client.callTool({ name: 'logs', arguments: { cluster: 'dev', namespace: 'dev', pod: 'web' } });
    expect(JSON.stringify(result).length).toBeLessThan(40_000);
    await until(() => open.size === 0);
    await client.close();
  });

  it('ends with its input, also in the middle of a call, and prints nothing but messages', async () => {
    const child = spawn(process.execPath, args(), { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    child.stdin.write('this is no message\n');
    const clientInfo = { name: 'raw', version: '1' };
    send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } });
    send({ method: 'notifications/initialized' });
    send({ id: 2, method: 'tools/call', params: { name: 'clusters', arguments: {} } });
    await until(() => open.size === 1);
    const began = performance.now();
    child.stdin.end();
    const code = await new Promise((resolve) => {
      child.once('close', resolve);
    });
    expect([code, performance.now() - began < 3000]).toEqual([0, true]);
    await until(() => open.size === 0);
    const messages = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id?: number });
    expect(messages.map(({ id }) => id)).toEqual([1]);
    expect(out).not.toContain(token);
  });
});
