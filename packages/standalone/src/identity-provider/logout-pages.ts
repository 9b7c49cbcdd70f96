import type { Configuration } from 'oidc-provider';
import { renderPage } from './login-page.ts';

type Logout = NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;

/**
 * The pages on which a person logs out here, without a script: one to confirm it, one that says it is done where there
 * is nowhere to go back to.
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
