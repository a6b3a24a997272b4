namespace SoonShop.StripeTesting.Objects;

/// <summary>Something that happened, as it is posted to webhooks. Never changes.</summary>
internal sealed record StripeEvent(string Id, long Created, string Type, string? ObjectId, byte[] Payload);
