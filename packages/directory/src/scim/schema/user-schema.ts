import type { Attribute, ResourceSchema } from './attribute.ts';

const text = (name: string, description: string, more: Partial<Attribute> = {}): Attribute => ({
  name,
  type: 'string',
  description,
  ...more,
});

const name: Attribute = {
  name: 'name',
  type: 'complex',
  description: "The parts of the person's name.",
  sub: [
    text('formatted', 'The whole name.'),
    text('familyName', 'The family name.'),
    text('givenName', 'The given name.'),
    text('middleName', 'Middle names.'),
    text('honorificPrefix', 'What stands before it.'),
    text('honorificSuffix', 'What stands behind it.'),
  ],
};

const emails: Attribute = {
  name: 'emails',
  type: 'complex',
  multiValued: true,
  description: 'E-mail addresses.',
  sub: [
    text('value', 'The address.'),
    text('display', 'How it is shown.'),
    text('type', 'What it is for: work, home, other.'),
    { name: 'primary', type: 'boolean', description: 'Whether it is the one to use; of one address at most.' },
  ],
};

const groups: Attribute = {
  name: 'groups',
  type: 'complex',
  multiValued: true,
  mutability: 'readOnly',
  returned: 'request',
  description: 'The groups that the person is a member of.',
  sub: [
    text('value', "The group's id.", { mutability: 'readOnly', caseExact: true }),
    text('display', "The group's name.", { mutability: 'readOnly' }),
    text('type', 'direct', { mutability: 'readOnly' }),
  ],
};

const enterprise: NonNullable<ResourceSchema['extension']> = {
  urn: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  attributes: [
    text('employeeNumber', 'The number in the organisation.'),
    text('costCenter', 'The cost centre.'),
    text('organization', 'The organisation.'),
    text('division', 'The division.'),
    text('department', 'The department.'),
    {
      name: 'manager',
      type: 'complex',
      description: 'The manager.',
      sub: [text('value', "The manager's id.", { caseExact: true }), text('displayName', "The manager's name.")],
    },
  ],
};

/** People, as far as they are kept: what tells who somebody is and whether they may log in. */
export const userSchema: ResourceSchema = {
  name: 'User',
  endpoint: 'Users',
  description: 'A person',
  urn: 'urn:ietf:params:scim:schemas:core:2.0:User',
  attributes: [
    text('userName', 'The name by which the person logs in.', { required: true, uniqueness: 'server' }),
    name,
    text('displayName', 'How the person is shown.'),
    text('nickName', 'How the person is called.'),
    text('title', "The person's title."),
    text('userType', 'The relation to the organisation.'),
    text('preferredLanguage', 'The language to use.'),
    text('locale', 'The locale to use.'),
    text('timezone', 'The time zone.'),
    {
      name: 'active',
      type: 'boolean',
      description: 'Whether the person may log in. False ends their sessions at once.',
    },
    emails,
    groups,
  ],
  extension: enterprise,
  ignored: [
    'password',
    'profileUrl',
    'phoneNumbers',
    'ims',
    'photos',
    'addresses',
    'entitlements',
    'roles',
    'x509Certificates',
  ],
};
