import { html, type Pages } from '@sallyport/pages';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';

type Logout = NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;

/**
 * Creates the logout pages, which need no script: one to confirm, and one for when it is done and there is no URL to
 * return to.
 */
export function createLogoutPages(pages: Pages): Required<Pick<Logout, 'logoutSource' | 'postLogoutSuccessSource'>> {
  const show = (ctx: KoaContextWithOIDC, { text, headers }: ReturnType<Pages['render']>) => {
    ctx.set(headers);
    ctx.body = text;
  };
  return {
    logoutSource: (ctx, form) =>
      show(
        ctx,
        pages.render(
          'Log out',
          html`${{ markup: form }}
<p>Your session at the application that sent you here has ended. Log out of this identity provider too?</p>
<p class="note">This also ends what else you logged in to with this browser, such as a terminal.</p>
<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Log out</button>`,
        ),
      ),
    postLogoutSuccessSource: (ctx) =>
      show(ctx, pages.render('You are logged out', html`<p>You can close this page.</p>`)),
  };
}
