using System.Text.RegularExpressions;

namespace SoonShop.Events;

/// <summary>Receives events that are addressed to one handler: from the lane of a queue, as delayed retries, and as replays.</summary>
[Alias("event-handler")]
public interface IEventHandler : IGrain
{
    /// <summary>Makes an attempt with an event. Does not throw the handler's exceptions: the result contains them.</summary>
    /// <param name="e">The event.</param>
    /// <param name="attempt">The number of the attempt for this handler and event: 1 for the first, 2 for the first retry.</param>
    [Alias("retry")]
    Task<AttemptResult> RetryAsync(CloudEvent e, int attempt);
}

/// <summary>The result of one attempt of a handler with an event.</summary>
/// <param name="Error">The error; null when the attempt succeeded, or an earlier one did.</param>
/// <param name="TookMs">The duration in milliseconds.</param>
[GenerateSerializer, Immutable, Alias("event-attempt")]
public sealed record AttemptResult(AttemptError? Error, double TookMs)
{
    /// <summary>True when the handler succeeded.</summary>
    public bool Succeeded => Error is null;

    /// <summary>True when the attempt timed out. Its code may still be running, so the next attempt must not follow at once.</summary>
    [Id(0)]
    public bool CutOff { get; init; }
}

/// <summary>Why an attempt failed.</summary>
/// <param name="Class">The error class, which selects the retry policy.</param>
/// <param name="Type">The exception's full type name.</param>
/// <param name="Message">The exception's message.</param>
/// <param name="Stack">The exception with its stack trace, truncated.</param>
/// <param name="Silo">The silo on which it happened.</param>
[GenerateSerializer, Immutable, Alias("event-attempt-error")]
public sealed partial record AttemptError(ErrorClass Class, string Type, string Message, string Stack, string Silo)
{
    private const int MaxMessage = 2000, MaxStack = 8000;

    /// <summary>Converts an exception to its stored form: of bounded length, and with text that any store accepts.</summary>
    public static AttemptError Of(Exception e, ErrorClass @class, string silo) =>
        new(
            @class, e.GetType().FullName ?? e.GetType().Name, Cut(WithoutAddresses(e.Message), MaxMessage),
            Cut(WithoutAddresses(e.ToString()), MaxStack), silo);

    /// <summary>
    /// Removes e-mail addresses, because mail servers repeat them in their responses. Failures are kept longer than accounts, in stores
    /// where the addresses could not be found again.
    /// </summary>
    private static string WithoutAddresses(string text) => Address.Replace(text, "[address]");

    [GeneratedRegex(@"[^\s<>()\[\]""',;:@]{1,64}@[^\s<>()\[\]""',;:@]{3,253}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address { get; }

    /// <summary>Truncates a text. PostgreSQL stores neither U+0000 nor half of a surrogate pair.</summary>
    private static string Cut(string text, int length)
    {
        if (text.Length > length)
            text = string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[length - 1]) ? length - 1 : length), "…");
        return text.Replace('\0', '\uFFFD');
    }
}
