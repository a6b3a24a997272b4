using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Privacy;

/// <summary>An account is to be erased. It is retried until that is done, and may be delivered any number of times.</summary>
public sealed record ErasureDue(Guid UserId) : IShopEvent
{
    /// <summary>The CloudEvents type.</summary>
    public const string EventType = "user.erasure-due";

    /// <summary>The namespace of its streams; the key is the user's id.</summary>
    public const string StreamNamespace = "erasure";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => EventType;

    /// <summary>Apart from the user's own stream, which must come to rest before the last step.</summary>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, UserId.ToString("N"));
}

/// <summary>An account was erased, with all personal data that need not be kept.</summary>
public sealed record UserErased(Guid UserId) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.erased";
}
