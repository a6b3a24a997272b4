using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace SoonShop.Silo.Payments;

/// <summary>Recognizes Stripe's secrets by their format, so that none is ever shown.</summary>
internal static partial class StripeSecrets
{
    /// <summary>True for a secret or restricted key.</summary>
    public static bool IsApiKey([NotNullWhen(true)] string? text) => text is not null && ApiKey().IsMatch(text);

    /// <summary>True for a key that moves real money.</summary>
    public static bool IsLive(string? key) => IsApiKey(key) && key.Contains("_live_", StringComparison.Ordinal);

    /// <summary>True for a webhook endpoint's signing secret.</summary>
    public static bool IsWebhookSecret(string? text) => text is not null && WebhookSecret().IsMatch(text);

    /// <summary>Returns the text with every secret removed.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Redact(string? text) => text is null ? null : Any().Replace(text, "[secret]");

    [GeneratedRegex(@"^(sk|rk)_(test_|live_)?[A-Za-z0-9_]{8,250}$")]
    private static partial Regex ApiKey();

    [GeneratedRegex(@"^whsec_[A-Za-z0-9+/=_-]{8,250}$")]
    private static partial Regex WebhookSecret();

    [GeneratedRegex(@"\b(sk|rk)_[A-Za-z0-9_]{4,}|\bwhsec_[A-Za-z0-9+/=_-]{4,}|_secret_[A-Za-z0-9]{4,}")]
    private static partial Regex Any();
}
