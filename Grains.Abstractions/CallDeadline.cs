using System.Globalization;

namespace SoonShop;

/// <summary>
/// How long whoever asked will wait for the answer. Silos measure what a call took to reach its grain against the fastest calls of the same
/// sender, so that the clocks of two machines need not agree.
/// </summary>
/// <param name="Sender">The front end's process.</param>
/// <param name="SentAtMs">When it was sent, in milliseconds of a clock of the sender's that is never set; where it began does not matter.</param>
/// <param name="PatienceMs">How many milliseconds from then on the answer is of use.</param>
[GenerateSerializer, Immutable, Alias("soonshop.call-deadline")]
public sealed record CallDeadline(Guid Sender, long SentAtMs, int PatienceMs)
{
    private const int SenderLength = 32;

    /// <summary>It travels as text with every call: a value of a type of its own would bring the type's name along, which both sides look up.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Sender:N}{SentAtMs}/{PatienceMs}");

    /// <summary>Reads <see cref="ToText"/>; null for anything else.</summary>
    public static CallDeadline? Read(string text)
    {
        var slash = text.LastIndexOf('/');
        return slash > SenderLength
            && Guid.TryParseExact(text.AsSpan(0, SenderLength), "N", out var sender)
            && long.TryParse(text.AsSpan(SenderLength, slash - SenderLength), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var sentAt)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var patience)
            ? new CallDeadline(sender, sentAt, patience)
            : null;
    }
}
