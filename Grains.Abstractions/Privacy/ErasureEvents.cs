using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Privacy;

/// <summary>
/// An account must be erased. The handler retries until the erasure is complete. It may be delivered any number of times.
/// </summary>
public sealed record ErasureDue(Guid UserId) : IShopEvent
{
    /// <summary>The CloudEvents type.</summary>
    public const string EventType = "user.erasure-due";

    /// <summary>The namespace of its streams; the key is the user's id.</summary>
    public const string StreamNamespace = "erasure";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => EventType;

    /// <summary>Separate from the user's own stream, which must be empty before the last step.</summary>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, UserId.ToString("N"));
}

/// <summary>An account was erased, with all personal data that need not be retained.</summary>
public sealed record UserErased(Guid UserId) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.erased";
}
