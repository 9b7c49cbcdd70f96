import { readAnswer } from '../gateway/answers.ts';
import { notificationListSchema, resendAnswerSchema } from '../gateway/notification-answers.ts';
import { callAsUser, type OpenGateway } from '../gateway/open-gateway.ts';

const api = '/.sallyport/api/v1/notifications';

/** Lists the notifications that channels have not taken. */
export async function listNotifications(gateway: OpenGateway) {
  const body = await callAsUser(gateway, { method: 'GET', path: api });
  return readAnswer(notificationListSchema, body, 'the notifications');
}

/** Has notifications sent again that were given up. Returns how many. */
export async function resendNotifications(gateway: OpenGateway, json: object): Promise<number> {
  const body = await callAsUser(gateway, { method: 'POST', path: `${api}/resend`, json });
  return readAnswer(resendAnswerSchema, body, 'the answer').resent;
}
