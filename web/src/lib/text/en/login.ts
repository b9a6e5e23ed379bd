export const login = {
  "login.title": "Log in",
  "login.lead": "Administration and self-service",
  "login.username": "User name",
  "login.password": "Password",
  "login.realm": "Realm",
  "login.realm.none": "Administrator, or the default realm",
  "login.run": "Log in",
  "login.ended": "Your session has ended. Log in to go on where you were.",
  "login.out": "You are logged out.",
  "login.wrong": "User name or password is wrong.",
  "login.missing": "Type your user name and password.",
};
