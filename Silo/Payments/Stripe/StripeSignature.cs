using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Verifies the signature of Stripe's webhooks (docs.stripe.com/webhooks#verify-manually). The header has <c>t=</c> with the time and, for
/// each active secret, a <c>v1=</c> with the HMAC-SHA256 of time, dot and body. One match of any of our secrets with any signature
/// suffices, so that secrets can be rolled.
/// </summary>
/// <param name="secrets">The endpoint's secrets, <c>whsec_…</c>.</param>
/// <param name="tolerance">The greatest accepted difference between the signature's time and now, in both directions.</param>
internal sealed class StripeSignature(IReadOnlyCollection<string> secrets, TimeSpan tolerance)
{
    private const int MaxHeader = 4096;

    /// <summary>The most signatures in a header that are checked.</summary>
    private const int MaxSignatures = 16;

    private readonly byte[][] keys = [.. secrets.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Returns what is wrong with the signature; null when it is valid.</summary>
    public ErrorText? ProblemWith(ReadOnlySpan<byte> body, string header, DateTimeOffset now)
    {
        if (header.Length == 0)
            return ErrorText.Of("field.signature-missing", "is missing");
        if (!TryRead(header, out var time, out var signatures))
            return ErrorText.Of("field.signature-unreadable", "cannot be read");
        var signed = (byte[])[.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{time}.")), .. body];
        var matches = false;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var key in keys)
        {
            HMACSHA256.HashData(key, signed, expected);
            foreach (var signature in signatures)
                matches |= CryptographicOperations.FixedTimeEquals(expected, signature);
        }
        if (!matches)
            return ErrorText.Of("field.signature-wrong", "does not match the body and the endpoint's secret");
        // Checked after the signature: an unsigned time proves nothing.
        return Math.Abs(now.ToUnixTimeSeconds() - time) > tolerance.TotalSeconds
            ? ErrorText.Of("field.signature-time", "is too old, or too far ahead")
            : null;
    }

    private static bool TryRead(string header, out long time, out List<byte[]> signatures)
    {
        (time, signatures) = (-1, []);
        if (header.Length > MaxHeader)
            return false;
        foreach (var part in header.Split(','))
        {
            var (name, value) = part.Split('=', 2, StringSplitOptions.TrimEntries) is [var n, var v] ? (n, v) : ("", "");
            if (name == "t")
            {
                if (time >= 0
                    || !long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out time)
                    || time > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
                    return false;
            }
            else if (name == "v1"
                && signatures.Count < MaxSignatures
                && value.Length == 2 * HMACSHA256.HashSizeInBytes
                && value.All(char.IsAsciiHexDigit))
            {
                signatures.Add(Convert.FromHexString(value));
            }
        }
        return time >= 0 && signatures.Count > 0;
    }
}
