using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SoonShop.StripeTesting;

/// <summary>Signs as docs.stripe.com/webhooks#verify-manually says.</summary>
public static class WebhookSignature
{
    /// <summary>The value of <c>Stripe-Signature</c>: the time, and the HMAC-SHA256 of time, dot and payload under each secret.</summary>
    public static string Sign(IEnumerable<string> secrets, long unixTime, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        var stamp = unixTime.ToString(CultureInfo.InvariantCulture);
        var header = new StringBuilder($"t={stamp}");
        foreach (var secret in secrets)
        {
            using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
            hmac.AppendData(Encoding.ASCII.GetBytes($"{stamp}."));
            hmac.AppendData(payload);
            header.Append(",v1=").Append(Convert.ToHexStringLower(hmac.GetHashAndReset()));
        }
        return header.ToString();
    }
}
