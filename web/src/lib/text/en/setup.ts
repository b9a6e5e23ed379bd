// The first steps of a fresh server.
export const setup = {
  "setup.title": "Three steps to the first log-in",
  "setup.lead": "This server does not know anybody yet. Begin with the step that is marked.",
  "setup.ask": "This server does not know anybody yet. Ask an administrator who may set up user sources.",
  "setup.done": "done",
  "setup.source": "A user source",
  "setup.source.text": "Tells the server where your people are listed, for instance in a password file.",
  "setup.source.do": "Create a user source",
  "setup.realm": "A realm",
  "setup.realm.text": "Lets the people of one or several user sources log in and have tokens.",
  "setup.realm.do": "Create a realm",
  "setup.token": "The first token",
  "setup.token.text": "What a person proves himself with: an app on the phone, a small device, a password.",
  "setup.token.do": "Enrol a token",
};
