import type { Configuration } from 'oidc-provider';
import { renderPage } from './login-page.ts';

type Logout = NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;

/**
 * The logout pages, which need no script: one to confirm, and one for when it is done and there is no URL to return to.
 */
export const logoutPages: Required<Pick<Logout, 'logoutSource' | 'postLogoutSuccessSource'>> = {
  logoutSource(ctx, form) {
    ctx.type = 'html';
    ctx.body = renderPage(
      'Log out',
      `${form}
<p>Log out of this identity provider?</p>
<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Log out</button>`,
    );
  },
  postLogoutSuccessSource(ctx) {
    ctx.type = 'html';
    ctx.body = renderPage('You are logged out', '<p>You can close this page.</p>');
  },
};
