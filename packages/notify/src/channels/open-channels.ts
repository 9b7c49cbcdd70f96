import { readFileSync } from 'node:fs';
import type { NotificationConfig } from '@sallyport/contracts';
import type { OutboundFetch } from '@sallyport/kit';
import type { Channel } from './channel.ts';
import { createChatChannel, slackMessage, teamsMessage } from './create-chat-channel.ts';
import { createMailChannel } from './create-mail-channel.ts';
import { createWebhookChannel } from './create-webhook-channel.ts';

type ChannelDeps = {
  /** The address of the gateway as people see it. */
  gatewayUrl: string;
  resolvePath(file: string): string;
  /** A fetch for receivers that present a certificate of `ca`, or of a public authority without one. */
  createFetch(options: { ca?: string }): { fetch: OutboundFetch; close(): Promise<void> };
  now: () => number;
};

function openChannel(config: NotificationConfig, deps: ChannelDeps): Channel {
  const { name, smtp, webhook } = config;
  const post = webhook ?? config.slack ?? config.teams;
  const caFile = (post ?? smtp)?.caFile;
  const ca = caFile == null ? undefined : readFileSync(deps.resolvePath(caFile), 'utf8');
  if (smtp) return { name, ...createMailChannel(smtp, { ...deps, ca }) };
  const { fetch, close } = deps.createFetch(ca === undefined ? {} : { ca });
  const to = { ...deps, fetch };
  const send = webhook
    ? createWebhookChannel(webhook, to)
    : createChatChannel(post!, { ...to, render: config.slack ? slackMessage : teamsMessage });
  return { name, send, close };
}

/** Opens the channels of `notifications`. Throws if a file of a certificate authority cannot be read. */
export function openChannels(configs: readonly NotificationConfig[], deps: ChannelDeps): Channel[] {
  return configs.map((config) => openChannel(config, deps));
}
