import { createIdentityProvider } from '@sallyport/standalone';
import { emailOf, realClient, realPeople, type RealProvider } from './real-provider.ts';

/** The provider of the demo: oidc-provider, in this process. */
export async function embeddedProvider(): Promise<RealProvider & { stop(): Promise<void> }> {
  const people = realPeople.map((user) => ({
    user: emailOf(user),
    password: user,
    name: user,
    groups: ['developers'],
  }));
  const provider = await createIdentityProvider({ people });
  return {
    id: 'embedded',
    settings: {
      issuer: provider.issuer,
      clientId: realClient.id,
      clientSecret: realClient.secret,
      allowInsecureIssuer: true,
      scopes: ['openid', 'profile', 'email', 'groups'],
    },
    async admit(pagesUrl) {
      provider.register({
        clientId: realClient.id,
        clientSecret: realClient.secret,
        redirectUris: [`${pagesUrl}/.sallyport/callback`],
        postLogoutRedirectUris: [`${pagesUrl}/.sallyport/signed-out`],
        backchannelLogoutUri: `${pagesUrl}/.sallyport/backchannel-logout/embedded`,
      });
    },
    setGroups: async (user, groups) => provider.change(emailOf(user), { groups: [...groups] }),
    disable: async (user) => provider.change(emailOf(user), undefined),
    async logOutThere(_user, browser) {
      const asked = await browser.go(`${provider.issuer}/session/end?client_id=${realClient.id}`);
      const [action, xsrf] = [/<form[^>]* action="([^"]+)"/, /name="xsrf" value="([^"]+)"/].map(
        (form) => form.exec(asked.answer.text)![1]!,
      ) as [string, string];
      await browser.go(action, { xsrf, logout: 'yes' });
    },
    stop: () => provider.close(),
  };
}
