using System.Globalization;

namespace SoonShop;

/// <summary>
/// How long a caller waits for a response. A silo compares how long the call took with the fastest calls of the same sender, so that the
/// clocks of two machines need not agree.
/// </summary>
/// <param name="Sender">The id of the front end's process.</param>
/// <param name="SentAtMs">When it was sent, in milliseconds of the sender's monotonic clock, with any start.</param>
/// <param name="PatienceMs">How long the caller waits from then on, in milliseconds.</param>
[GenerateSerializer, Immutable, Alias("soonshop.call-deadline")]
public sealed record CallDeadline(Guid Sender, long SentAtMs, int PatienceMs)
{
    private const int SenderLength = 32;

    /// <summary>
    /// Returns the text that is sent with every call. A value of its own type would include the type's name, which both sides would look
    /// up.
    /// </summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Sender:N}{SentAtMs}/{PatienceMs}");

    /// <summary>Parses <see cref="ToText"/>; null for any other text.</summary>
    public static CallDeadline? Read(string text)
    {
        var slash = text.LastIndexOf('/');
        return slash > SenderLength
            && Guid.TryParseExact(text.AsSpan(0, SenderLength), "N", out var sender)
            && long.TryParse(
                text.AsSpan(SenderLength, slash - SenderLength), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out var sentAt)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var patience)
            ? new CallDeadline(sender, sentAt, patience)
            : null;
    }
}
