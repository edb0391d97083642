// The same join as Roomkey's in a typical Node backend, with OpenTok's SDK and AWS SDK v3.

import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createRemoteJWKSet, jwtVerify } from "jose";
import OpenTok from "opentok";

const { AUTH_AUDIENCE, AUTH_ISSUER, AUTH_JWKS_URL, OPENTOK_SECRET_ID, ROOMS_TABLE } = process.env;
const DAY_SECONDS = 86400;

const dynamodb = new DynamoDBClient();
const secretsManager = new SecretsManagerClient();
const keys = createRemoteJWKSet(new URL(AUTH_JWKS_URL));
let project;

export async function handler(event) {
  const bearer = event.headers.Authorization.replace("Bearer ", "");
  const { payload: user } = await jwtVerify(bearer, keys, {
    algorithms: ["RS256", "ES256"],
    audience: AUTH_AUDIENCE,
    issuer: AUTH_ISSUER,
  });
  const room = await find(event.pathParameters.room);
  if (room === undefined) return answer(404, { code: "room_not_found" });
  const { apiKey, apiSecret } = await credentials();
  const role = room.moderators?.SS.includes(user.sub) ? "moderator" : room.defaultRole.S;
  const expiresAt = Math.floor(Date.now() / 1000) + DAY_SECONDS;
  const token = new OpenTok(apiKey, apiSecret).generateToken(room.sessionId.S, {
    role,
    expireTime: expiresAt,
    data: JSON.stringify({ userId: user.sub, name: user.name, role, data: null }),
  });
  console.log(JSON.stringify({ level: "INFO", message: "request", status: 201, user: user.sub }));
  return answer(201, { apiKey, sessionId: room.sessionId.S, token, room: room.name.S, role });
}

async function find(name) {
  const key = { pk: { S: `room#${name.toLowerCase()}` }, sk: { S: "room" } };
  const found = await dynamodb.send(
    new GetItemCommand({ TableName: ROOMS_TABLE, Key: key, ConsistentRead: true }),
  );
  return found.Item;
}

async function credentials() {
  if (project === undefined) {
    const secret = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: OPENTOK_SECRET_ID }),
    );
    project = JSON.parse(secret.SecretString);
  }
  return project;
}

function answer(statusCode, body) {
  return { statusCode, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}
