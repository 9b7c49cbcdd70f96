import { finished } from 'node:stream/promises';
import type { Readable, Writable } from 'node:stream';
import { McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import {
  toolArguments,
  type ToolArguments,
  type ToolName,
  serverInstructions,
  structuredAnswers,
  toolDescriptions,
} from './tool-arguments.ts';

// This file and what it imports are a part of their own in the bundle (see bundle.mjs). It imports nothing of the rest of
// the program but types.

/** The result of a call: text for a model, and for some tools the same for programs. */
type ToolResult = { text: string; structured?: Record<string, unknown>; isError: boolean };

/** Calls a tool by its name. The signal cancels the call. Never throws. */
export type CallTool = <Name extends ToolName>(
  name: Name,
  given: ToolArguments[Name],
  signal: AbortSignal,
) => Promise<ToolResult>;

type Serving = {
  version: string;
  callTool: CallTool;
  stdin: Readable;
  stdout: Writable;
  /** Called when a message cannot be read or sent. */
  onFault(): void;
};

/** No call has longer arguments. */
const maxMessageBytes = 256 * 1024;

const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true };

function addTool(server: McpServer, name: ToolName, callTool: CallTool, ended: AbortSignal): void {
  const outputSchema = name === 'clusters' || name === 'can_i' ? structuredAnswers[name] : undefined;
  server.registerTool(
    name,
    {
      ...toolDescriptions[name],
      inputSchema: toolArguments[name],
      annotations,
      ...(outputSchema === undefined ? {} : { outputSchema }),
    },
    async (given: ToolArguments[ToolName], { mcpReq }: ServerContext) => {
      const result = await callTool(name, given as never, AbortSignal.any([mcpReq.signal, ended]));
      return {
        content: [{ type: 'text' as const, text: result.text }],
        ...(result.structured ? { structuredContent: result.structured } : {}),
        isError: result.isError,
      };
    },
  );
}

/** Serves the tools to one client by the Model Context Protocol, until the client closes the input. */
export async function serveMcp({ version, callTool, stdin, stdout, onFault }: Serving): Promise<void> {
  const ended = new AbortController();
  const createServer = () => {
    const server = new McpServer(
      { name: 'sallyport', title: 'Sallyport', version },
      { instructions: serverInstructions },
    );
    for (const name of Object.keys(toolArguments) as ToolName[]) addTool(server, name, callTool, ended.signal);
    return server;
  };
  const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: maxMessageBytes });
  const connection = serveStdio(createServer, { transport, onerror: onFault });
  await finished(stdin, { writable: false }).catch(() => undefined);
  ended.abort();
  await connection.close();
}
