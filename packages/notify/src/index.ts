// Tells people of the steps of elevations: signed webhooks, Slack, Microsoft Teams and mail.
export { openChannels } from './channels/open-channels.ts';
export { attendToNotices, type GivenUp } from './delivery/attend-to-notices.ts';
export { listNotices, resendNotices } from './delivery/list-notices.ts';
