/**
 * @jest-environment ./test-e2e/src/attacks/attack-environment.mjs
 */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { attackEmails } from './logins/email-addresses.ts';
import { attackLogins } from './logins/login-flow.ts';
import { attackFixation } from './logins/session-fixation.ts';
import { attackReturnAddresses } from './logins/return-urls.ts';
import { attackTokens } from './logins/tokens.ts';
import { attackProviders } from './logins/identity-providers.ts';
import { attackNamesakes } from './logins/same-names.ts';
import { attackDocuments } from './logins/hostile-documents.ts';
import { attackStatements } from './logins/claims.ts';
import { attackPastedLogins } from './logins/pasted-codes.ts';
import { attackPendingLogins } from './logins/floods.ts';
import { attackSilentLogins } from './logins/foreign-pages.ts';
import { resetLoginFixture, startLoginFixture, stopLoginFixture } from './fixtures/login-fixture.ts';
import { compareTable } from './table-of-attacks.ts';

describeWith(['redis', 'kafka', 'postgres'], 'attacks on the login pages of the running services', () => {
  beforeAll(startLoginFixture);
  afterAll(stopLoginFixture);
  afterEach(resetLoginFixture);

  attackEmails();
  attackLogins();
  attackFixation();
  attackReturnAddresses();
  attackTokens();
  attackProviders();
  attackNamesakes();
  attackDocuments();
  attackStatements();
  attackPastedLogins();
  attackSilentLogins();
  // Last, because it uses up the logins that one address may start.
  attackPendingLogins();

  compareTable('login-attacks.e2e.ts');
});
