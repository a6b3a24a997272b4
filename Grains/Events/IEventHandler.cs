using System.Text.RegularExpressions;

namespace SoonShop.Events;

/// <summary>How events reach a handler, addressed to it alone: from a lane of its streams' queue, as delayed retries, as replays.</summary>
[Alias("event-handler")]
public interface IEventHandler : IGrain
{
    /// <summary>
    /// An attempt with an event. Throws nothing that the handler throws: the result says how it went.
    /// </summary>
    /// <param name="e">The event.</param>
    /// <param name="attempt">Which attempt of this handler with this event it is; 1 for the first, 2 for the first retry.</param>
    [Alias("retry")]
    Task<AttemptResult> RetryAsync(CloudEvent e, int attempt);
}

/// <summary>How one attempt of a handler with an event went.</summary>
/// <param name="Error">Null when it went well, or was done before.</param>
/// <param name="TookMs">How long it took, in milliseconds.</param>
[GenerateSerializer, Immutable, Alias("event-attempt")]
public sealed record AttemptResult(AttemptError? Error, double TookMs)
{
    /// <summary>True when the handler has done its work.</summary>
    public bool Succeeded => Error is null;

    /// <summary>True when the attempt took too long: its code may still be running, so the next attempt must not follow at once.</summary>
    [Id(0)]
    public bool CutOff { get; init; }
}

/// <summary>Why an attempt failed.</summary>
/// <param name="Class">The kind of error, which retry policies go by.</param>
/// <param name="Type">The exception's full type name.</param>
/// <param name="Message">The exception's message.</param>
/// <param name="Stack">The exception with its stack, cut to a bounded length.</param>
/// <param name="Silo">Where it happened.</param>
[GenerateSerializer, Immutable, Alias("event-attempt-error")]
public sealed partial record AttemptError(ErrorClass Class, string Type, string Message, string Stack, string Silo)
{
    private const int MaxMessage = 2000, MaxStack = 8000;

    /// <summary>An exception as it is kept: of bounded length, and of text that any store takes.</summary>
    public static AttemptError Of(Exception e, ErrorClass @class, string silo) =>
        new(@class, e.GetType().FullName ?? e.GetType().Name, Cut(WithoutAddresses(e.Message), MaxMessage), Cut(WithoutAddresses(e.ToString()), MaxStack), silo);

    /// <summary>Mail servers repeat the address in what they answer; failures are kept longer than accounts, and in stores that cannot find it again.</summary>
    private static string WithoutAddresses(string text) => Address.Replace(text, "[address]");

    [GeneratedRegex(@"[^\s<>()\[\]""',;:@]{1,64}@[^\s<>()\[\]""',;:@]{3,253}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address { get; }

    /// <summary>PostgreSQL stores neither U+0000 nor half a character.</summary>
    private static string Cut(string text, int length)
    {
        if (text.Length > length)
            text = string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[length - 1]) ? length - 1 : length), "…");
        return text.Replace('\0', '\uFFFD');
    }
}
