// A re-join as OpenTok's learning server for Node does it: no caller is authenticated, and a
// session is looked up in the memory of this one process.

import express from "express";
import OpenTok from "opentok";

const { API_KEY, API_SECRET, SESSION_ID } = process.env;
const opentok = new OpenTok(API_KEY, API_SECRET);
const sessions = new Map([["standup", SESSION_ID]]);

const app = express();
app.use(express.json());
app.post("/rooms/:room/tokens", (request, response) => {
  const sessionId = sessions.get(request.params.room);
  const token = opentok.generateToken(sessionId);
  response.status(201).json({ apiKey: API_KEY, sessionId, token });
});
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
