import { createTextCriterion } from '../text/text-criterion.ts';

/** String matcher over the name of the service account that the caller asks to create. */
export const serviceAccount = createTextCriterion({
  name: 'service_account',
  read: (input) => input.serviceAccount,
  takesList: true,
  doc: {
    summary:
      'Holds if the name of the service account that the caller asks to create matches, without `service-account:`. It applies only in `api.policy.serviceAccountNames`.',
    example: { starts_with: 'prod-' },
    source: 'Sallyport',
  },
});
