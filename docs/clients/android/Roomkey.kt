// Asks Roomkey to let the user in.

package com.example.call

import android.content.SharedPreferences
import android.net.Uri
import android.os.SystemClock
import android.security.NetworkSecurityPolicy
import android.util.Base64
import android.util.Log
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL
import java.security.MessageDigest
import java.security.SecureRandom
import java.time.DateTimeException
import java.time.Duration
import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import org.json.JSONException
import org.json.JSONObject

/** What Android's log shows the guide's lines under. */
const val LOG = "Roomkey"

private const val TIMEOUT_MILLIS = 10_000 // Roomkey answers within 8 seconds once it runs.
private const val WAITING_TIMEOUT_MILLIS = 5_000 // Who waits must ask again in time.
private const val ASKS_AGAIN_SECONDS = 5L // Roomkey's own pace for those who wait.
private const val LOST_ANSWER_SECONDS = 2L
private const val KEY_BYTES = 24
private const val MARGIN_MILLIS = 30_000 // A token must outlast the time that connecting takes.

/** Refusals that stay the same, however often the user asks. */
private val PERMANENT =
    setOf(
        "banned",
        "body_too_large",
        "feature_disabled",
        "invalid_field",
        "invitation_invalid",
        "malformed_json",
        "method_not_allowed",
        "no_such_route",
        "not_a_member",
        "not_a_moderator",
        "role_not_allowed",
        "room_closed",
        "room_not_found",
        "turned_away",
        "unauthenticated",
    )

/** What is needed to connect, out of Roomkey's answer. */
class Admission(answer: JSONObject) {
    val apiKey: String = answer.getString("apiKey")
    val sessionId: String = answer.getString("sessionId")
    val token: String = answer.getString("token")
    val role: String = answer.getString("role")

    /** By the server's clock at both ends: the clock of this device may be wrong. */
    val lifetimeMillis: Long =
        Duration.between(
            Instant.parse(answer.getString("serverTime")),
            Instant.parse(answer.getString("expiresAt")),
        ).toMillis()
}

/** Why the user is not let in: Roomkey's `code`, or one of the four that the Door gives itself. */
class Refusal(
    val code: String,
    detail: String,
    val retryAfterSeconds: String? = null,
    val opensAt: String? = null,
    /** How many wait who came before, where a moderator must let the user in. */
    val ahead: Int = 0,
    cause: Throwable? = null,
) : Exception(detail, cause)

/** What a guest comes by, who has no account. */
class Invitation(val code: String, val guestKey: String, val name: String? = null)

/**
 * This device's key for an invitation. With the same key the user is the same guest: no new try
 * takes another use or another seat. What is kept does not tell the code.
 */
fun guestKey(code: String, kept: SharedPreferences): String {
    val hash = MessageDigest.getInstance("SHA-256").digest(code.toByteArray())
    val place = base64(hash)
    kept.getString(place, null)?.let { return it }
    val key = base64(ByteArray(KEY_BYTES).also { SecureRandom().nextBytes(it) })
    kept.edit().putString(place, key).apply()
    return key
}

private fun base64(bytes: ByteArray): String =
    Base64.encodeToString(bytes, Base64.URL_SAFE or Base64.NO_WRAP or Base64.NO_PADDING)

/**
 * The way into one room, for one user: one who is signed in, or a guest.
 *
 * `bearer(true)` must give a new bearer, because Roomkey has refused the one before.
 */
class Door private constructor(
    private val roomkey: String,
    private val room: String,
    private val invitation: Invitation?,
    private val bearer: suspend (renew: Boolean) -> String,
) {
    constructor(roomkey: String, room: String, bearer: suspend (renew: Boolean) -> String) :
        this(roomkey, room, null, bearer)

    constructor(roomkey: String, invitation: Invitation) : this(roomkey, "", invitation, { "" })

    private var kept: Admission? = null
    private var goodUntil = 0L
    private var timeoutMillis = TIMEOUT_MILLIS

    /**
     * The admission from before while it lasts, else a new one. Throws nothing but a Refusal.
     *
     * `waits` hears that the user must wait for a moderator, and asking goes on until one decides.
     * A failure that may pass ends no wait: `waits` hears of it, too. Who cancels this waits no
     * longer.
     */
    suspend fun admission(waits: (Refusal) -> Unit): Admission {
        kept?.takeIf { SystemClock.elapsedRealtime() < goodUntil }?.let { return it }
        val askedAt = SystemClock.elapsedRealtime()
        val admission =
            try {
                admitted(waits)
            } catch (refusal: Refusal) {
                Log.w(LOG, "Not admitted: ${refusal.code}", refusal) // With its cause.
                throw refusal
            }
        kept = admission
        goodUntil = askedAt + admission.lifetimeMillis - MARGIN_MILLIS
        return admission
    }

    /** OpenTok has refused the token: the next admission is a new one. */
    fun forget() {
        kept = null
    }

    private suspend fun admitted(waits: (Refusal) -> Unit): Admission {
        timeoutMillis = TIMEOUT_MILLIS
        while (true) {
            try {
                return if (invitation == null) askTwiceAtMost() else askAsGuest(invitation)
            } catch (refusal: Refusal) {
                val waited = timeoutMillis == WAITING_TIMEOUT_MILLIS
                val pause = waitingPause(refusal, waited) ?: throw refusal
                timeoutMillis = WAITING_TIMEOUT_MILLIS
                waits(refusal)
                delay(1000 * pause)
            }
        }
    }

    private suspend fun askAsGuest(invitation: Invitation): Admission {
        val content = JSONObject().put("code", invitation.code).put("guestKey", invitation.guestKey)
        return ask("$roomkey/invitations/tokens", null, content.put("name", invitation.name))
    }

    private suspend fun askTwiceAtMost(): Admission =
        try {
            askAsMember(currentBearer(renew = false))
        } catch (refusal: Refusal) {
            if (refusal.code != "unauthenticated") throw refusal
            askAsMember(currentBearer(renew = true))
        }

    private suspend fun askAsMember(bearer: String): Admission =
        ask("$roomkey/rooms/${Uri.encode(room)}/tokens", "Bearer $bearer", JSONObject())

    private suspend fun currentBearer(renew: Boolean): String =
        try {
            bearer(renew)
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (error: Exception) {
            throw Refusal("no_bearer", "The sign-in gave no bearer.", cause = error)
        }

    private suspend fun ask(url: String, authorization: String?, content: JSONObject): Admission =
        withContext(Dispatchers.IO) {
            try {
                val request = URL(url).openConnection() as HttpURLConnection
                request.requestMethod = "POST"
                request.connectTimeout = timeoutMillis
                request.readTimeout = timeoutMillis
                authorization?.let { request.setRequestProperty("Authorization", it) }
                request.doOutput = true
                request.outputStream.use { it.write(content.toString().toByteArray()) }
                admissionIn(request)
            } catch (error: IOException) {
                throw unreachable(error)
            }
        }

    private fun admissionIn(answer: HttpURLConnection): Admission {
        val admitted = answer.responseCode == HttpURLConnection.HTTP_CREATED
        // The stream of errors is null where the answer has no body.
        val waits = answer.responseCode == HttpURLConnection.HTTP_ACCEPTED
        val stream = if (admitted || waits) answer.inputStream else answer.errorStream
        val text = stream?.bufferedReader()?.use { it.readText() }.orEmpty()
        try {
            if (admitted) return Admission(JSONObject(text))
            if (waits) throw waitIn(JSONObject(text), answer.getHeaderField("Retry-After"))
            val problem = JSONObject(text)
            throw Refusal(
                problem.getString("code"),
                problem.getString("detail"),
                answer.getHeaderField("Retry-After"),
                problem.optString("opensAt").ifEmpty { null },
            )
        } catch (error: JSONException) {
            throw unreadable(answer)
        } catch (error: DateTimeException) {
            throw unreadable(answer)
        }
    }

    private fun waitIn(answer: JSONObject, retryAfter: String?): Refusal {
        val ahead = answer.getJSONObject("waiting").getInt("ahead")
        val detail = "A moderator must let you in."
        return Refusal("must_wait", detail, retryAfter, ahead = ahead)
    }

    /** Without its cause: a parser's error quotes what it read, and a token may be in that. */
    private fun unreadable(answer: HttpURLConnection) =
        Refusal("unreadable", "The service gave an odd answer: HTTP ${answer.responseCode}.")

    /** Android's own rules and the network fail alike, so the rules are asked. */
    private fun unreachable(error: IOException): Refusal {
        val address = Uri.parse(roomkey)
        val rules = NetworkSecurityPolicy.getInstance()
        if (address.scheme != "http" || rules.isCleartextTrafficPermitted(address.host.orEmpty())) {
            return Refusal("unreachable", "The service cannot be reached.", cause = error)
        }
        return Refusal("cleartext_not_permitted", "Android forbids http here.", cause = error)
    }
}

/** The seconds after which somebody who waits asks again, or null if the refusal ends the wait. */
private fun waitingPause(refusal: Refusal, waits: Boolean): Long? {
    val seconds = refusal.retryAfterSeconds?.toLongOrNull() ?: ASKS_AGAIN_SECONDS
    if (refusal.code == "must_wait") return seconds
    if (!waits || refusal.code in PERMANENT || seconds > ASKS_AGAIN_SECONDS) return null
    return if (refusal.code == "unreachable") LOST_ANSWER_SECONDS else seconds
}

/** What the user is told; `next` says when the next try is. */
fun sentence(refusal: Refusal, next: String = again(refusal)): String =
    when (refusal.code) {
        "unauthenticated" -> "Please sign in again."
        "no_bearer" -> "Your sign-in could not be renewed. Check the network, or sign in again."
        "cleartext_not_permitted" -> "This build of the app may only use https."
        "banned" -> "A moderator has banned you from this room."
        "not_a_member" -> "This room is for its members only."
        "room_closed" -> "This room is closed."
        "room_locked" -> "This room is locked. Ask somebody inside to unlock it."
        "room_not_open" -> "This room opens at ${localTime(refusal.opensAt)}."
        "room_full" -> "This room is full. $next"
        "must_wait" -> "The host will let you in soon. ${place(refusal.ahead)}"
        "turned_away" -> "The host did not let you in. $next"
        "waiting_room_full" -> "Too many people wait already. $next"
        "invitation_invalid" -> "This link is no longer good. Ask for a new one."
        in PERMANENT -> refusal.message.orEmpty()
        else -> "${refusal.message} $next"
    }

/** A time of Roomkey's, as the user's clock shows it. */
fun localTime(time: String?): String {
    if (time == null) return "a later time"
    val local = Instant.parse(time).atZone(ZoneId.systemDefault())
    return local.format(DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.SHORT))
}

/** The name in what Roomkey has written into a connection; GET /token writes it as a form does. */
fun nameIn(connectionData: String): String {
    if (connectionData.startsWith("username=")) {
        return Uri.parse("?$connectionData").getQueryParameter("username") ?: "Somebody"
    }
    return try {
        val data = JSONObject(connectionData)
        if (data.isNull("name")) data.getString("userId") else data.getString("name")
    } catch (error: JSONException) {
        "Somebody"
    }
}

private fun place(ahead: Int): String =
    when (ahead) {
        0 -> "You are next."
        1 -> "One person is before you."
        else -> "$ahead people are before you."
    }

private fun again(refusal: Refusal): String =
    refusal.retryAfterSeconds?.let { "Please try again in $it seconds." } ?: "Please try again later."
