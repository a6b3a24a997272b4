using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>
/// Adds examples to requests, responses and parameters: a typical value for the field's name, otherwise one that its schema allows. A shop
/// with the demo catalogue accepts the requests, and the amounts in responses add up; a test checks both.
/// </summary>
internal static class Examples
{
    private const int MaxDepth = 8;
    private const string Id = "0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11";
    private const string Time = "2026-03-01T09:30:00Z";

    private const string MediaId = "1mzxw6ytboi4dcmrtgq2tmnzyheydcmrt-1600x1200";
    private const string MediaFile = $"/media/{MediaId}/1600.webp";

    private const string StockFile = "SKU,On hand\nCOFFEE-HOUSE-1KG,24\n";

    private const string Name = "House Blend Coffee Beans, 1 kg";

    /// <summary>
    /// Fields to omit from examples: those that exclude another field, those that only some callers may use, and those that only a response
    /// can provide.
    /// </summary>
    private static readonly HashSet<string> LeftOut = new(StringComparer.Ordinal)
    {
        "LoginRequest.cartId", "PlaceOrderRequest.addressId", "PlaceOrderRequest.savePaymentMethod", "PlaceOrderRequest.expectedTotal",
        "PayOrderRequest.savePaymentMethod", "SynonymSetRequest.from", "SynonymSetRequest.to", "RefundRequest.lines", "RefundRequest.full",
        "CancelOrderRequest.lines", "CreateShipmentRequest.lines", "CreateShipmentRequest.location", "ReceivedLineRequest.location",
        "ShipRequest.location",
        "AdjustmentRequest.location", "StockSettingsRequest.location", "StockTakeRequest.location", "location",
        "DraftOrderRequest.customerId",
        "cursor", "ProductMediaBody.mediaId", "ProductMediaBody.sources", "ProductRequest.media", "CreateProductRequest.media",
        "ProductPatchRequest.media",
    };

    /// <summary>Examples by field name or, where that is not enough, by schema and field.</summary>
    private static readonly Dictionary<string, Func<JsonNode?>> Known = new(PricingExamples.Known, StringComparer.Ordinal)
    {
        ["email"] = () => "ada@example.com",
        ["newEmail"] = () => "ada.lovelace@example.com",
        ["password"] = () => "correct horse battery",
        ["currentPassword"] = () => "correct horse battery",
        ["newPassword"] = () => "a longer staple than before",
        ["displayName"] = () => "Ada Lovelace",
        ["locale"] = () => "en",
        ["roles"] = () => new JsonArray("customer"),
        ["accessToken"] = () => "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIuLi4ifQ.signature",
        ["refreshToken"] = () => "0b6f4a528d1b4c2f9b7e2f6f0c3d9a11.5f0c3d9a110b6f4a528d1b4c2f9b7e2f.secret",
        ["token"] = () => "0b6f4a528d1b4c2f9b7e2f6f0c3d9a11.mailed-secret",
        ["tokenType"] = () => "Bearer",
        ["expiresIn"] = () => 900,
        ["name"] = () => "Ada Lovelace",
        ["line1"] = () => "12 St James Sq",
        ["line2"] = () => "Flat 3",
        ["city"] = () => "London",
        ["region"] = () => "London",
        ["postalCode"] = () => "SW1Y 4JH",
        ["country"] = () => "GB",
        ["phone"] = () => "+44 20 7946 0000",
        ["sku"] = () => "COFFEE-HOUSE-1KG",
        ["category"] = () => "food/coffee",
        ["family"] = () => "coffee-gedeo-250",
        ["description"] = () => "A house blend, roasted on Mondays.",
        ["attributes"] = () => new JsonObject { ["roast"] = "medium" },
        ["images"] = () => new JsonArray("https://images.soonshop.dev/coffee-house-1kg/front.webp"),
        ["Product.name"] = () => Name,
        ["Product.family"] = () => null,
        ["ProductRequest.name"] = () => Name,
        ["ProductRequest.family"] = () => null,
        ["ProductPatchRequest.name"] = () => Name,
        ["ProductPatchRequest.family"] = () => null,
        ["CreateProductRequest.sku"] = () => "COFFEE-GEDEO-1KG",
        ["CreateProductRequest.name"] = () => "Gedeo Highlands Single-Origin Coffee, 1 kg",
        ["CartItem.name"] = () => Name,
        ["CartItem.discount"] = () => Dollars(400),
        ["CartItem.isGift"] = () => false,
        ["OrderLine.discount"] = () => null,
        ["OrderLine.isGift"] = () => false,
        ["code"] = () => "WELCOME10",
        ["ShippingMethodChoiceRequest.id"] = () => "standard",
        ["weightGrams"] = () => 1000,
        ["sizeClass"] = () => null,
        ["taxCategory"] = () => "reduced",
        ["requiresShipping"] = () => true,
        ["compareAtPrice"] = () => null,
        ["ProductRequest.currentPrices"] = () => null,
        ["CreateProductRequest.currentPrices"] = () => null,
        ["publishAt"] = () => null,
        ["barcode"] = () => "4006381333931",
        ["cost"] = () => null,
        ["Product.options"] = () => new JsonArray(),
        ["translations"] = () => new JsonObject { ["zh"] = new JsonObject { ["name"] = "有机咖啡豆" } },
        ["columns"] = () => new JsonObject { ["Google Shopping / Condition"] = "new" },
        ["CreateProductGroupRequest.id"] = () => "coffee-gedeo",
        ["SynonymSetRequest.id"] = () => "sofas",
        ["SynonymSetResponse.id"] = () => "sofas",
        ["terms"] = () => new JsonArray("sofa", "couch", "settee"),
        ["SynonymSetResponse.from"] = () => new JsonArray(),
        ["SynonymSetResponse.to"] = () => new JsonArray(),
        ["Suggestion.text"] = () => Name,
        ["Suggestion.kind"] = () => "product",
        ["SearchMiss.text"] = () => "chaise longue",
        ["SearchMiss.searches"] = () => 12,
        ["eventId"] = () => $"/order/{Id.Replace("-", "", StringComparison.Ordinal)}#4",
        ["WebhookDelivery.eventType"] = () => "order.confirmed",
        ["WebhookDelivery.succeeded"] = () => false,
        ["WebhookDelivery.statusCode"] = () => 503,
        ["WebhookDelivery.durationMs"] = () => 87,
        ["WebhookDelivery.error"] = () => "The endpoint answered 503 Service Unavailable.",
        ["WebhookDelivery.response"] = () => "Database is down",
        ["lowestPrice30Days"] = () => null,
        ["taxProvider"] = () => null,
        ["PriceSummary.taxExemptionReason"] = () => null,
        ["CartItem.lineTotal"] = () => Dollars(3998),
        ["Cart.subtotal"] = () => Dollars(3998),
        ["OrderLine.name"] = () => Name,
        ["OrderLine.lineTotal"] = () => Dollars(3998),
        ["OrderLine.tax"] = () => Dollars(800),
        ["Order.status"] = () => "confirmed",
        ["Order.subtotal"] = () => Dollars(3998),
        ["Order.shipping"] = () => Dollars(699),
        ["Order.tax"] = () => Dollars(939),
        ["Order.discount"] = () => Dollars(0),
        ["Order.total"] = () => Dollars(5636),
        ["Order.paymentDeadline"] = () => null,
        ["OrderPayment.status"] = () => "captured",
        ["OrderPayment.amount"] = () => Dollars(5636),
        ["OrderPayment.captured"] = () => Dollars(5636),
        ["OrderPayment.refunded"] = () => Dollars(0),
        ["Payment.status"] = () => "captured",
        ["Payment.amount"] = () => Dollars(5636),
        ["Payment.captured"] = () => Dollars(5636),
        ["Payment.refunded"] = () => Dollars(0),
        ["Payment.declineCode"] = () => null,
        ["DraftOrderRequest.shippingMethod"] = () => "standard",
        ["DraftOrderRequest.shippingPrice"] = () => null,
        ["DraftOrderRequest.codes"] = () => new JsonArray(),
        ["DraftOrderRequest.note"] = () => "Called on Monday about the office kitchen.",
        ["DraftOrderRequest.message"] = () => "As we agreed on the telephone.",
        ["DraftOrderRequest.validDays"] = () => 14,
        ["DraftOrder.status"] = () => "open",
        ["DraftOrder.customerId"] = () => null,
        ["DraftOrder.shippingMethod"] = () => "standard",
        ["DraftOrder.shippingPrice"] = () => null,
        ["DraftOrder.codes"] = () => new JsonArray(),
        ["DraftOrder.note"] = () => "Called on Monday about the office kitchen.",
        ["DraftOrder.message"] = () => "As we agreed on the telephone.",
        ["DraftOrder.total"] = () => Dollars(5636),
        ["DraftOrder.createdBy"] = () => Id,
        ["DraftOrder.orderId"] = () => null,
        ["DraftOrder.sentAt"] = () => null,
        ["DraftOrder.cancelledAt"] = () => null,
        ["TimelineEntry.status"] = () => "confirmed",
        ["AdjustmentRequest.reason"] = () => "delivery",
        ["CaptureRequest.amount"] = () => 5636,
        ["RefundRequest.amount"] = () => 500,
        ["RefundRequest.reason"] = () => "late delivery",
        ["OrderLookupRequest.number"] = () => "SO-7K3M-9QXD-2FTB",
        ["CancelOrderRequest.reason"] = () => "ordered by mistake",
        ["LoginRequest.email"] = () => "buyer@soonshop.dev",
        ["LoginRequest.password"] = () => "Buyer-Pa55word",
        ["LogLevelsRequest.levels"] = () => new JsonObject { ["SoonShop.Silo.Events"] = "debug" },
        ["LogLevelsRequest.minutes"] = () => 10,
        ["maxPrice"] = () => 5000,
        ["from"] = () => "2026-01-01T00:00:00Z",
        ["to"] = () => "2027-01-01T00:00:00Z",
        ["window"] = () => 60,
        ["fingerprint"] = () => "5f0c3d9a110b6f4a",
        ["amount"] = () => 1999,
        ["currency"] = () => "USD",
        ["quantity"] = () => 2,
        ["number"] = () => "S-7K3M-92QX",
        ["paymentMethod"] = () => "pm_card_visa",
        ["method"] = () => "pm_card_visa",
        ["clientSecret"] = () => null,
        ["addressId"] = () => null,
        ["cancelReason"] = () => null,
        ["dispute"] = () => null,
        ["shipment"] = () => null,
        ["shipments"] = () => new JsonArray(),
        ["returns"] = () => new JsonArray(),
        ["allocations"] = () => null,
        ["draftId"] = () => null,
        ["MoveUnitsRequest.quantity"] = () => 1,
        ["MoveUnitsRequest.from"] = () => "default",
        ["MoveUnitsRequest.to"] = () => "berlin",
        ["CreateStockTransferRequest.from"] = () => "default",
        ["CreateStockTransferRequest.to"] = () => "berlin",
        ["CountedUnitsRequest.counted"] = () => 24,
        ["ArrivedUnitsRequest.received"] = () => 2,
        ["ArrivedUnitsRequest.lost"] = () => 0,
        ["StockTransfer.from"] = () => "default",
        ["StockTransfer.to"] = () => "berlin",
        ["StockTransfer.endedAt"] = () => null,
        ["StockTransfer.refusal"] = () => null,
        ["StockTransferLine.received"] = () => 0,
        ["StockTransferLine.lost"] = () => 0,
        ["StockTransferLine.returned"] = () => 0,
        ["StockTakeLineResponse.counted"] = () => 24,
        ["StockTakeLineResponse.problem"] = () => null,
        ["LocationLevel.location"] = () => "default",
        ["LocationLevel.name"] = () => "Default",
        ["LocationRequest.id"] = () => "berlin",
        ["LocationRequest.name"] = () => "Berlin",
        ["LocationRequest.priority"] = () => 10,
        ["LocationRequest.areas"] = () => new JsonArray(new JsonObject { ["country"] = "DE" }),
        ["LocationResponse.id"] = () => "berlin",
        ["LocationResponse.name"] = () => "Berlin",
        ["LocationResponse.priority"] = () => 10,
        ["LocationResponse.areas"] = () => new JsonArray(new JsonObject { ["country"] = "DE" }),
        ["LocationResponse.archivedAt"] = () => null,
        ["unitsToShip"] = () => new JsonArray(new JsonObject { ["sku"] = "COFFEE-HOUSE-1KG", ["quantity"] = 2 }),
        ["cancelledUnits"] = () => null,
        ["comment"] = () => "The bag leaks.",
        ["note"] = () => "Put the number of the order into the parcel.",
        ["ReturnLineRequest.reason"] = () => "damaged",
        ["ReturnLineRequest.quantity"] = () => 1,
        ["ReceivedLineRequest.good"] = () => 0,
        ["ReceivedLineRequest.damaged"] = () => 1,
        ["ReceivedLineRequest.missing"] = () => 0,
        ["ReceivedLineRequest.restock"] = () => 0,
        ["RefundReturnRequest.fee"] = () => 200,
        ["ExchangeRequest.lines"] = () => new JsonArray(new JsonObject { ["sku"] = "COFFEE-HOUSE-1KG", ["quantity"] = 1 }),
        ["ExchangeRequest.fee"] = () => null,
        ["EditOrderRequest.lines"] = () => new JsonArray(new JsonObject { ["sku"] = "COFFEE-HOUSE-1KG", ["quantity"] = 1 }),
        ["EditOrderRequest.cancel"] = () => new JsonArray(),
        ["EditOrderRequest.shippingMethod"] = () => "standard",
        ["EditOrderRequest.shippingPrice"] = () => null,
        ["EditOrderRequest.expectedTotal"] = () => null,
        ["EditOrderRequest.message"] = () => "We have added the filters.",
        ["EditOrderRequest.validDays"] = () => 14,
        ["ExchangeRequest.shippingMethod"] = () => "standard",
        ["ExchangeRequest.shippingPrice"] = () => null,
        ["ExchangeRequest.expectedTotal"] = () => null,
        ["ExchangeRequest.message"] = () => "Your new bag is on its way.",
        ["ExchangeRequest.validDays"] = () => 14,
        ["Order.exchanges"] = () => new JsonArray(),
        ["Order.exchangeFor"] = () => null,
        ["OrderReturn.credited"] = () => null,
        ["OrderReturn.exchangeOrderId"] = () => null,
        ["OrderPayment.credit"] = () => null,
        ["Payment.credit"] = () => null,
        ["RefundReturnRequest.includeShipping"] = () => false,
        ["CreateShipmentRequest.trackingNumber"] = () => "RM123456785GB",
        ["previousUnitPrice"] = () => null,
        ["refundedUnits"] = () => null,
        ["nextCursor"] = () => null,
        ["carrier"] = () => "Royal Mail",
        ["trackingNumber"] = () => "RM123456785GB",
        ["delta"] = () => 24,
        ["reason"] = () => "no longer needed",
        ["reference"] = () => "DN-2026-0301",
        ["q"] = () => "coffee",
        ["url"] = () => "https://hooks.example.com/soonshop",
        ["eventTypes"] = () => new JsonArray("order.*"),
        ["secret"] = () => "whsec_c2VjcmV0",
        ["kind"] = () => "orderShipped",
        ["createImportJob.kind"] = () => "stock",
        ["ImportJobResponse.kind"] = () => "stock",
        ["ImportJobResponse.problems"] = () => new JsonArray(),
        ["mediaId"] = () => MediaId,
        ["Product.media"] = () => new JsonArray(),
        ["MediaResponse.id"] = () => MediaId,
        ["MediaResponse.width"] = () => 1600,
        ["MediaResponse.height"] = () => 1200,
        ["MediaResponse.contentType"] = () => "image/jpeg",
        ["MediaResponse.bytes"] = () => 481_516,
        ["MediaSource.width"] = () => 1600,
        ["MediaSource.height"] = () => 1200,
        ["MediaSource.url"] = () => MediaFile,
        ["getMediaFile.id"] = () => MediaId,
        ["getMedia.id"] = () => MediaId,
        ["removeMedia.id"] = () => MediaId,
        ["getMediaFile.file"] = () => "480.webp",
        ["exportCodes.promotion"] = () => "welcome",
        ["preferences"] = () => new JsonObject { ["orderShipped"] = new JsonObject { ["email"] = true } },
        ["required"] = () => new JsonObject { ["orderConfirmed"] = new JsonArray("email") },
        ["handler"] = () => "mail",
        ["eventType"] = () => "order.confirmed",
        ["action"] = () => "orders.*",
        ["actor"] = () => Id,
        ["subject"] = () => Id,
        ["outcome"] = () => "success",
        ["address"] = () => "192.0.2.1",
        ["userAgent"] = () => "curl/8.5.0",
        ["traceId"] = () => "0af7651916cd43dd8448eb211c80319c",
        ["before"] = () => new JsonObject { ["status"] = "confirmed" },
        ["after"] = () => new JsonObject { ["status"] = "shipped" },
        ["scopes"] = () => new JsonArray("orders:read"),
        ["ApiKey.name"] = () => "warehouse",
        ["ApiKeyRequest.name"] = () => "warehouse",
        ["NewApiKeyResponse.name"] = () => "warehouse",
        ["key"] = () => "sk_soonshop_0b6f4a528d1b4c2f9b7e2f6f0c3d9a11_…",
        ["expiresAt"] = () => "2030-01-01T00:00:00Z",
        ["limit"] = () => 20,
    };

    public static Task AddTo(OpenApiDocument document)
    {
        foreach (var operation in document.Paths.Values.SelectMany(p => p.Operations!.Values))
        {
            foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
            {
                if (!LeftOut.Contains(parameter.Name!))
                    parameter.Example ??= Of(document, parameter.Schema, operation.OperationId!, parameter.Name!, MaxDepth);
            }
            foreach (var (type, content) in operation.RequestBody?.Content ?? Enumerable.Empty<KeyValuePair<string, OpenApiMediaType>>())
            {
                // An image is no text.
                if (!type.StartsWith("image/", StringComparison.Ordinal))
                    content.Example ??= type == CsvResult.MediaType ? StockFile : Of(document, content.Schema, "", "", MaxDepth);
            }
            foreach (var answer in operation.Responses?.Values.OfType<OpenApiResponse>() ?? [])
            {
                foreach (var (type, content) in answer.Content ?? Enumerable.Empty<KeyValuePair<string, OpenApiMediaType>>())
                {
                    if (type == "application/json")
                        content.Example ??= Of(document, content.Schema, "", "", MaxDepth);
                }
            }
        }
        return Task.CompletedTask;
    }

    private static JsonNode? Of(OpenApiDocument document, IOpenApiSchema? schema, string owner, string name, int depth)
    {
        var id = (schema as OpenApiSchemaReference)?.Reference.Id;
        if (id is not null && document.Components!.Schemas!.TryGetValue(id, out var target))
            schema = target;
        if (schema is null || depth == 0)
            return null;
        if (schema.OneOf is { Count: > 0 } choices)
            return Find(owner, name) is { } chosen && chosen() is null
                ? null
                : Of(document, choices.FirstOrDefault(c => c.Type != JsonSchemaType.Null), owner, name, depth);
        if (Known.TryGetValue($"{owner}.{name}", out var exact))
            return exact();
        if (schema.Enum is { Count: > 0 } words)
            return words[0]!.DeepClone();
        if (Find(owner, name) is { } known && known() is var value && Fits(value, schema))
            return value;
        var type = schema.Type & ~JsonSchemaType.Null;
        return type switch
        {
            JsonSchemaType.Object when schema.Properties is { Count: > 0 } properties => new JsonObject(
                properties.Where(p => !LeftOut.Contains($"{id ?? owner}.{p.Key}")).Select(p =>
                    KeyValuePair.Create(p.Key, Of(document, p.Value, id ?? owner, p.Key, depth - 1)))),
            JsonSchemaType.Object => schema.AdditionalProperties is { } values
                ? new JsonObject { ["name"] = Of(document, values, owner, "", depth - 1) }
                : new JsonObject(),
            JsonSchemaType.Array => new JsonArray(Of(document, schema.Items, owner, name, depth - 1)),
            JsonSchemaType.Boolean => true,
            JsonSchemaType.Integer or JsonSchemaType.Number =>
                long.TryParse(schema.Minimum, CultureInfo.InvariantCulture, out var minimum) ? Math.Max(1, minimum) : 1,
            _ => schema.Format switch
            {
                "uuid" => Id,
                "date-time" => Time,
                _ => "text",
            },
        };
    }

    private static JsonObject Dollars(long amount) => new() { ["amount"] = amount, ["currency"] = "USD" };

    private static Func<JsonNode?>? Find(string owner, string name) =>
        Known.TryGetValue($"{owner}.{name}", out var exact) || Known.TryGetValue(name, out exact) ? exact : null;

    private static bool Fits(JsonNode? value, IOpenApiSchema schema) => value?.GetValueKind() switch
    {
        null => schema.Type?.HasFlag(JsonSchemaType.Null) == true,
        System.Text.Json.JsonValueKind.Object =>
            schema.Type?.HasFlag(JsonSchemaType.Object) == true && schema.Properties is not { Count: > 0 },
        System.Text.Json.JsonValueKind.Array => schema.Type?.HasFlag(JsonSchemaType.Array) == true,
        System.Text.Json.JsonValueKind.Number =>
            schema.Type is { } type && (type.HasFlag(JsonSchemaType.Integer) || type.HasFlag(JsonSchemaType.Number)),
        _ => schema.Type?.HasFlag(JsonSchemaType.String) == true
            && (schema.Format is null or "email" or "uri" || (schema.Format is "date-time" && DateTimeOffset.TryParse(
                value!.GetValue<string>(), CultureInfo.InvariantCulture, out _))),
    };
}
