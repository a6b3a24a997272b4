using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Orders;

/// <summary>
/// Accepts requests for mail with a link to an order. Any key from 0 to <see cref="KeyCount"/> - 1 addresses it; different keys run in
/// parallel.
/// </summary>
[Alias("soonshop.order-lookup")]
public interface IOrderLookupGrain : IGrainWithIntegerKey
{
    /// <summary>The number of grains. Each has a row in the database.</summary>
    const int KeyCount = 16;

    /// <summary>
    /// Requests the mail. Every request writes the same, whether or not there is such an order, so that neither the response nor its time
    /// tells. The order is looked for later. Text that cannot be an order's number has no effect.
    /// </summary>
    /// <param name="number">The order's number as written; case, hyphens and blanks do not matter.</param>
    /// <param name="email">The order's e-mail address as written.</param>
    [Alias("request"), Repeatable]
    Task RequestAsync(string number, string email);
}

/// <summary>A request for mail with a link to an order.</summary>
/// <param name="EventId">The id of the event that requested it: the mail's id follows from it.</param>
/// <param name="At">The time of the request.</param>
/// <param name="ExpiresAt">Until when the link is valid.</param>
/// <param name="EmailProof">The proof of the e-mail address that the order must have.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-link-request")]
public sealed record OrderLinkRequest(string EventId, DateTimeOffset At, DateTimeOffset ExpiresAt, string EmailProof);

/// <summary>Somebody requested mail with a link to an order, which may not exist.</summary>
/// <param name="Shard">The key of the stream, which follows from the number.</param>
/// <param name="Number">The number, in its normal form.</param>
/// <param name="EmailProof">
/// A signature of the shop over the e-mail address. The address itself is not stored, because it may be a stranger's.
/// </param>
public sealed record OrderLookupRequested(int Shard, string Number, string EmailProof) : IShopEvent
{
    /// <summary>The namespace of its streams.</summary>
    public const string StreamNamespace = "order-lookup";

    /// <summary>The number of streams.</summary>
    public const int Shards = 16;

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.lookup-requested";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, $"lookup/{Shard}");
}
