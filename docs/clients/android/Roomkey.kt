// Asks Roomkey to let the user in.

package com.example.call

import android.net.Uri
import android.os.SystemClock
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL
import java.time.Duration
import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.json.JSONException
import org.json.JSONObject

private const val TIMEOUT_MILLIS = 10_000 // Roomkey answers within 8 seconds once it runs.
private const val MARGIN_MILLIS = 30_000 // A token must outlast the time that connecting takes.

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

/** Roomkey's answer where it lets nobody in; `code` is "unreachable" where there was none. */
class Refusal(
    val code: String,
    detail: String,
    val retryAfterSeconds: String? = null,
    val opensAt: String? = null,
) : Exception(detail)

/** The way into one room, for one user. */
class Door(
    private val roomkey: String,
    private val room: String,
    private val bearer: suspend () -> String,
) {
    private var kept: Admission? = null
    private var goodUntil = 0L

    /** The admission from before while it lasts, else a new one. Throws a Refusal. */
    suspend fun admission(): Admission {
        kept?.takeIf { SystemClock.elapsedRealtime() < goodUntil }?.let { return it }
        val askedAt = SystemClock.elapsedRealtime()
        val given = bearer()
        val admission = withContext(Dispatchers.IO) { ask(given) }
        kept = admission
        goodUntil = askedAt + admission.lifetimeMillis - MARGIN_MILLIS
        return admission
    }

    /** OpenTok has refused the token: the next admission is a new one. */
    fun forget() {
        kept = null
    }

    private fun ask(bearer: String): Admission {
        try {
            val request = URL("$roomkey/rooms/$room/tokens").openConnection() as HttpURLConnection
            request.requestMethod = "POST"
            request.connectTimeout = TIMEOUT_MILLIS
            request.readTimeout = TIMEOUT_MILLIS
            request.setRequestProperty("Authorization", "Bearer $bearer")
            request.doOutput = true
            request.outputStream.use { it.write("{}".toByteArray()) }
            if (request.responseCode == HttpURLConnection.HTTP_CREATED) {
                return Admission(JSONObject(request.inputStream.bufferedReader().readText()))
            }
            val problem = JSONObject(request.errorStream.bufferedReader().readText())
            throw Refusal(
                problem.getString("code"),
                problem.getString("detail"),
                request.getHeaderField("Retry-After"),
                problem.optString("opensAt").ifEmpty { null },
            )
        } catch (error: IOException) {
            throw Refusal("unreachable", "The service cannot be reached.")
        } catch (error: JSONException) {
            throw Refusal("unreachable", "The service cannot be reached.")
        }
    }
}

/** What the user is told. */
fun sentence(refusal: Refusal): String =
    when (refusal.code) {
        "unauthenticated" -> "Please sign in again."
        "banned" -> "A moderator has banned you from this room."
        "not_a_member" -> "This room is for its members only."
        "room_closed" -> "This room is closed."
        "room_locked" -> "This room is locked. Ask somebody inside to unlock it."
        "room_not_open" -> "This room opens at ${localTime(refusal.opensAt)}."
        "room_full" -> "This room is full. ${again(refusal)}"
        else -> "${refusal.message} ${again(refusal)}"
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

private fun again(refusal: Refusal): String =
    refusal.retryAfterSeconds?.let { "Please try again in $it seconds." } ?: "Please try again later."
