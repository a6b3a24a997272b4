using System.Text.Json.Nodes;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>Examples of pricing rules. Together they are a small set of rules: sent in the order of the document, each is granted.</summary>
internal static class PricingExamples
{
    /// <summary>Examples by schema and field.</summary>
    public static readonly IReadOnlyDictionary<string, Func<JsonNode?>> Known = All().ToDictionary(StringComparer.Ordinal);

    private static IEnumerable<KeyValuePair<string, Func<JsonNode?>>> All()
    {
        // A body and the response to it have the same content.
        foreach (var schema in (string[])["PromotionRequest", "PromotionResponse"])
        {
            yield return new($"{schema}.id", () => "summer-2026");
            yield return new($"{schema}.name", () => "Summer sale");
            yield return new($"{schema}.texts", () => new JsonObject { ["en"] = "10 % off coffee", ["zh"] = "咖啡九折" });
            yield return new($"{schema}.code", () => "SUMMER10");
            yield return new($"{schema}.trigger", () => "code");
            yield return new($"{schema}.combines", () => new JsonArray("shipping"));
            yield return new($"{schema}.stage", () => "line");
            yield return new($"{schema}.priority", () => 10);
            yield return new($"{schema}.conditions", Conditions);
            yield return new($"{schema}.action", Action);
            yield return new($"{schema}.maxDiscount", () => new JsonArray(Dollars(2000)));
            yield return new($"{schema}.maxUnits", () => 10);
            yield return new($"{schema}.maxUses", () => 5000);
            yield return new($"{schema}.maxUsesPerCustomer", () => 1);
            yield return new($"{schema}.budget", () => new JsonArray(Dollars(1_000_000)));
        }
        foreach (var schema in (string[])["TaxZoneRequest", "ShippingZoneRequest", "ZoneResponse"])
        {
            yield return new($"{schema}.id", () => "bavaria");
            yield return new($"{schema}.name", () => "Bavaria");
            yield return new($"{schema}.areas", () => new JsonArray(
                new JsonObject { ["country"] = "DE", ["region"] = "Bayern", ["postalCodePrefix"] = null }));
        }
        foreach (var schema in (string[])["TaxRateRequest", "TaxRateResponse"])
        {
            yield return new($"{schema}.id", () => "bavaria-reduced");
            yield return new($"{schema}.name", () => "VAT 7 %");
            yield return new($"{schema}.zoneId", () => "bavaria");
            yield return new($"{schema}.category", () => "reduced");
            yield return new($"{schema}.ppm", () => 70_000);
            yield return new($"{schema}.isCompound", () => false);
            yield return new($"{schema}.position", () => 0);
        }
        foreach (var schema in (string[])["TaxSettingsRequest", "TaxSettingsResponse"])
        {
            yield return new($"{schema}.rounding", () => "perLine");
            yield return new($"{schema}.taxInsideCurrencies", () => new JsonArray("EUR"));
        }
        foreach (var schema in (string[])["ShippingMethodRequest", "ShippingMethodResponse"])
        {
            yield return new($"{schema}.id", () => "express");
            yield return new($"{schema}.name", () => "Express");
            yield return new($"{schema}.kind", () => "delivery");
            yield return new($"{schema}.position", () => 0);
            yield return new($"{schema}.carrier", () => "DHL");
            yield return new($"{schema}.minDays", () => 1);
            yield return new($"{schema}.maxDays", () => 2);
            yield return new($"{schema}.trackingUrlTemplate", () => "https://tracking.example.com/{number}");
            yield return new($"{schema}.taxCategory", () => "standard");
            yield return new($"{schema}.prices", () => new JsonArray(Price()));
            yield return new($"{schema}.minWeightGrams", () => null);
            yield return new($"{schema}.maxWeightGrams", () => 30_000);
            yield return new($"{schema}.sizeClasses", () => new JsonArray());
            yield return new($"{schema}.customerGroups", () => new JsonArray());
        }
        foreach (var schema in (string[])["PriceListRequest", "PriceListResponse"])
        {
            yield return new($"{schema}.id", () => "wholesale");
            yield return new($"{schema}.name", () => "Wholesale");
            yield return new($"{schema}.priority", () => 0);
            yield return new($"{schema}.customerGroups", () => new JsonArray("wholesale"));
        }
        foreach (var schema in (string[])["UserPricingRequest", "UserPricingResponse"])
        {
            yield return new($"{schema}.groups", () => new JsonArray("wholesale"));
            yield return new($"{schema}.taxExemptionReason", () => "VAT DE123456789");
        }
        foreach (var schema in (string[])["PromotionResponse", "ZoneResponse", "TaxRateResponse", "ShippingMethodResponse", "PriceListResponse"])
            yield return new($"{schema}.archivedAt", () => null);
        yield return new("RuleChange.actor", () => "0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11");
        yield return new("RuleChange.before", () => new JsonObject { ["id"] = "wholesale", ["name"] = "Wholesale", ["enabled"] = false });
        yield return new("RuleChange.after", () => new JsonObject { ["id"] = "wholesale", ["name"] = "Wholesale", ["enabled"] = true });
    }

    private static JsonObject Conditions() => new()
    {
        ["minSubtotal"] = new JsonArray(Dollars(2500)),
        ["minUnits"] = 2,
        ["items"] = new JsonObject
        {
            ["skus"] = new JsonArray(),
            ["categories"] = new JsonArray("food/coffee"),
            ["attributes"] = new JsonArray(),
            ["excludedSkus"] = new JsonArray(),
            ["excludedCategories"] = new JsonArray(),
            ["excludedAttributes"] = new JsonArray(),
        },
        ["firstOrderOnly"] = false,
        ["customerGroups"] = new JsonArray(),
        ["countries"] = new JsonArray("DE", "GB"),
    };

    private static JsonObject Action() => new()
    {
        ["kind"] = "unitDiscount",
        ["percentPpm"] = 100_000,
        ["amounts"] = new JsonArray(),
        ["buyUnits"] = 0,
        ["getUnits"] = 0,
        ["giftSku"] = null,
        ["shippingMethods"] = new JsonArray(),
    };

    private static JsonObject Price() => new()
    {
        ["zoneId"] = "bavaria",
        ["currency"] = "USD",
        ["kind"] = "byWeight",
        ["amount"] = 0,
        ["amountPerItem"] = 0,
        ["tiers"] = new JsonArray(
            new JsonObject { ["from"] = 0, ["amount"] = 990 }, new JsonObject { ["from"] = 5000, ["amount"] = 1490 }),
        ["freeFrom"] = 15_000,
    };

    private static JsonObject Dollars(long amount) => new() { ["amount"] = amount, ["currency"] = "USD" };
}
