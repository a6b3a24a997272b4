namespace SoonShop.Events;

/// <summary>Configuration section <c>Events</c>: how events are handled.</summary>
public sealed class EventsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Events";

    /// <summary>How long one attempt of a handler may take. Less than the time after which Orleans gives a call up (10 s), with room for storing what follows.</summary>
    public double AttemptSeconds { get; set; } = 5;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (AttemptSeconds is not (>= 0.05 and <= 8))
            yield return $"Events:AttemptSeconds is {AttemptSeconds}; set Events__AttemptSeconds to 0.05–8.";
    }
}
