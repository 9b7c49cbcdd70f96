import type { OpenGateway } from '../../gateway/open-gateway.ts';
import type { ToolArguments, ToolName } from '../protocol/tool-arguments.ts';

/** What a tool answers. The program's own words and those of a cluster stay apart until they are marked. */
export type ToolAnswer = {
  /** Says what this is. */
  about: string;
  /** What a cluster returned, which is not to be trusted. */
  data?: { text: string; source: string; keep?: 'beginning' | 'end' };
  /** What to know about it, or to do next. */
  notes?: string[];
  /** The answer for programs. Contains nothing that a cluster returned. */
  structured?: Record<string, unknown>;
};

/** What a tool has while it runs. The gateway answers until the call is canceled. */
export type ToolCall = { gateway: OpenGateway; maxBytes: number };

export type Tool<Name extends ToolName> = (given: ToolArguments[Name], call: ToolCall) => Promise<ToolAnswer>;
export type Tools = { [Name in ToolName]: Tool<Name> };

/** Returns how an answer names a cluster. */
export const clusterSource = (cluster: string): string => `the cluster "${cluster}"`;
