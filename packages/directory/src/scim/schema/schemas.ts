import { text, type Attribute, type ResourceSchema } from './attribute.ts';

/** The schema of groups. Members are users; nested groups are rejected. */
export const groupSchema: ResourceSchema = {
  name: 'Group',
  endpoint: 'Groups',
  description: 'A group',
  urn: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  attributes: [
    text('displayName', 'The name of the group, as policies use it.', { required: true }),
    text('members', 'The users in the group. Nested groups are not supported.', {
      type: 'complex',
      multiValued: true,
      subAttributes: [
        text('value', 'The id of the user.', { caseExact: true }),
        text('$ref', 'The URL of the user. Only value is evaluated.', {
          type: 'reference',
          referenceTypes: ['User'],
          caseExact: true,
        }),
        text('type', 'Always User.', { canonicalValues: ['User'] }),
      ],
    }),
  ],
  ignored: [],
};

const name: Attribute = {
  name: 'name',
  type: 'complex',
  description: "The components of the user's name.",
  subAttributes: [
    text('formatted', 'The full name.'),
    text('familyName', 'The family name.'),
    text('givenName', 'The given name.'),
    text('middleName', 'The middle names.'),
    text('honorificPrefix', 'The honorific prefix.'),
    text('honorificSuffix', 'The honorific suffix.'),
  ],
};

const emails: Attribute = {
  name: 'emails',
  type: 'complex',
  multiValued: true,
  description: 'E-mail addresses.',
  subAttributes: [
    text('value', 'The address.'),
    text('display', 'The display form of the address.'),
    text('type', 'The type of the address: work, home or other.'),
    { name: 'primary', type: 'boolean', description: 'Whether this is the primary address. At most one is.' },
  ],
};

const groups: Attribute = {
  name: 'groups',
  type: 'complex',
  multiValued: true,
  mutability: 'readOnly',
  returned: 'request',
  description: 'The groups that the user is a member of.',
  subAttributes: [
    text('value', 'The id of the group.', { mutability: 'readOnly', caseExact: true }),
    text('display', 'The name of the group.', { mutability: 'readOnly' }),
    text('type', 'Always direct.', { mutability: 'readOnly' }),
  ],
};

const enterprise: NonNullable<ResourceSchema['extension']> = {
  urn: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  attributes: [
    text('employeeNumber', 'The employee number.'),
    text('costCenter', 'The cost centre.'),
    text('organization', 'The organisation.'),
    text('division', 'The division.'),
    text('department', 'The department.'),
    {
      name: 'manager',
      type: 'complex',
      description: 'The manager.',
      subAttributes: [
        text('value', 'The id of the manager.', { caseExact: true }),
        text('displayName', 'The name of the manager.'),
      ],
    },
  ],
};

/** The schema of users, with the attributes that are stored: who a user is and whether they may log in. */
export const userSchema: ResourceSchema = {
  name: 'User',
  endpoint: 'Users',
  description: 'A user',
  urn: 'urn:ietf:params:scim:schemas:core:2.0:User',
  attributes: [
    text('userName', 'The name with which the user logs in.', { required: true, uniqueness: 'server' }),
    name,
    text('displayName', 'The display name of the user.'),
    text('nickName', 'The nickname of the user.'),
    text('title', 'The title of the user.'),
    text('userType', 'The relation of the user to the organisation.'),
    text('preferredLanguage', 'The preferred language.'),
    text('locale', 'The locale.'),
    text('timezone', 'The time zone.'),
    {
      name: 'active',
      type: 'boolean',
      description: 'Whether the user may log in. Setting it to false ends their sessions at once.',
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
