import type { ServiceAccountNotice } from '@sallyport/contracts';
import { shownText } from '@sallyport/kit';
import type { Message } from './message.ts';
import { timeOf } from './time-of.ts';

/** Describes a service account that ends soon, for its maker and for those who run what uses it. */
export function describeServiceAccount(
  { name, groups, maker, expiresAt, lastUsedAt }: ServiceAccountNotice['serviceAccount'],
  gatewayUrl: string,
): Message {
  return {
    title: `The service account ${shownText(name)} of ${shownText(maker.user)} ends at ${timeOf(expiresAt)}`,
    facts: [
      { label: 'Groups', text: shownText(groups.join(', ')) },
      { label: 'Last used', text: lastUsedAt === undefined ? 'never' : timeOf(lastUsedAt) },
      {
        label: 'To go on',
        text: 'Make another one with "sallyport service-account create", change over, and revoke this one.',
      },
    ],
    link: `${gatewayUrl}/`,
    linkLabel: 'Open the gateway',
  };
}
