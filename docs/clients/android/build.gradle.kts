// app/build.gradle.kts

plugins {
    id("com.android.application")
    id("org.jetbrains.kotlin.android")
    id("org.jetbrains.kotlin.plugin.compose") // For CallHost.kt.
}

android {
    namespace = "com.example.call"
    compileSdk = 36
    defaultConfig {
        applicationId = "com.example.call"
        minSdk = 26 // For java.time.
        targetSdk = 36
    }
}

kotlin {
    jvmToolchain(17)
}

dependencies {
    // Or com.vonage:client-sdk-video.
    implementation("com.opentok.android:opentok-android-sdk:2.35.1")
    implementation("androidx.activity:activity-ktx:1.10.0")
    implementation("androidx.lifecycle:lifecycle-runtime-ktx:2.8.7")
    implementation("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.9.0")

    // For CallHost.kt:
    implementation(platform("androidx.compose:compose-bom:2025.01.00"))
    implementation("androidx.compose.ui:ui")
    implementation("androidx.activity:activity-compose:1.10.0")
    implementation("androidx.lifecycle:lifecycle-runtime-compose:2.8.7")
}
