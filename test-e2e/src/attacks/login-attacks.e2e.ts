/**
 * @jest-environment ./test-e2e/src/attacks/attack-environment.mjs
 */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { attackEmails } from './a21-emails.ts';
import { attackLogins } from './a23-logins.ts';
import { attackFixation } from './a25-fixation.ts';
import { attackReturnAddresses } from './a26-redirects.ts';
import { attackTokens } from './a27-tokens.ts';
import { attackProviders } from './a28-providers.ts';
import { attackNamesakes } from './a36-names.ts';
import { attackDocuments } from './a41-documents.ts';
import { attackStatements } from './s17-statements.ts';
import { attackPastedLogins } from './s21-pasted-logins.ts';
import { attackPendingLogins } from './s25-login-floods.ts';
import { attackSilentLogins } from './s26-foreign-pages.ts';
import { resetLoginFixture, startLoginFixture, stopLoginFixture } from './login-fixture.ts';
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
