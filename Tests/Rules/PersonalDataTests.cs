using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Inventory;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Privacy;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class PersonalDataTests
{
    private static readonly EventTypes Types = new([typeof(IShopEvent).Assembly, typeof(PersonalData).Assembly]);
    private readonly PersonalData personal = new(Types);

    private static readonly OrderSummary Facts = new(Given.OrderId, "SO-1", Given.Customer, "ada@example.com", Given.Usd(100));

    public static TheoryData<IShopEvent> Bearing =>
    [
        new UserRegistered(Given.Customer, "ada@example.com", "Ada", "en"),
        new PasswordResetRequested(Given.Customer, "ada@example.com", "Ada-token", Given.Now),
        new EmailChangeRequested(Given.Customer, "ada@example.com", "ada@example.org", "Ada-token", Given.Now),
        new EmailChangeConfirmationRequested(Given.Customer, "ada@example.com", "Ada-token", Given.Now),
        new EmailChanged(Given.Customer, "ada@example.com", "ada@example.org"),
        new EmailChangeUndoOffered(Given.Customer, "ada@example.com", "ada@example.org", "Ada-token", Given.Now),
        new EmailChangeUndone(Given.Customer, "ada@example.com", "ada@example.org"),
        new OrderPlaced(Facts, []),
        new OrderCancelled(Facts, "Ada moved"),
        new OrderShipped(Facts, "DHL", "Ada-1"),
        new PaymentRefunded(Given.OrderId, Given.Customer, "r", Given.Usd(1), Given.Usd(1), "Ada asked"),
        new NotificationDue(
            Given.Customer.ToString("N"), Given.Id(1), "email", NotificationKind.OrderCancelled,
            new Recipient("ada@example.com", "Ada", "en"),
            new NotificationDetails { Token = "Ada-token", Reason = "Ada moved", TrackingNumber = "Ada-1", OtherEmail = "ada@example.org" },
            Given.Now,
            "/order/1#1"),
        new NotificationFailed(Given.Id(1), "email", NotificationKind.Welcome, 3, "no mailbox ada@example.com"),
        new WebhookDue(Given.Id(1), "key", new WebhookPayload(
            "/order/1#1", "/order/1", "order.cancelled", "1", Given.Now, 1, null, null,
            JsonSerializer.SerializeToElement(new OrderCancelled(Facts, "Ada moved"), StateJson.Options))),
    ];

    [Theory, MemberData(nameof(Bearing))]
    public void what_says_something_about_a_person_is_erased(IShopEvent e)
    {
        Assert.True(personal.IsBorneBy(e.Type));
        var erased = personal.Erase(e.Type, Json(e)).ToJsonString();
        Assert.DoesNotContain("ada", erased, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(erased, personal.Erase(e.Type, JsonNode.Parse(erased)!).ToJsonString());
        // Handlers can still read it.
        Assert.NotNull(JsonSerializer.Deserialize(erased, e.GetType(), StateJson.Options));
    }

    [Fact]
    public void the_rest_stays()
    {
        var erased = personal.Erase("order.shipped", Json(new OrderShipped(Facts, "DHL", "JD014")));
        Assert.Equal(
            Given.Json(new OrderShipped(Facts with { Email = PersonalData.Erased }, "DHL", PersonalData.Erased)),
            erased.ToJsonString(StateJson.Options));
    }

    [Fact]
    public void events_about_things_are_not_looked_at()
    {
        Assert.False(personal.IsBorneBy(new InventoryOutOfStock("MUG").Type));
        Assert.False(personal.IsBorneBy(ErasureDue.EventType));
        Assert.False(personal.IsBorneBy(new CheckoutTimeout(Given.OrderId, Given.Now).Type));
    }

    [Fact]
    public void the_owner_is_shown_all_but_secrets()
    {
        var shown = personal.EraseSecrets(
            "user.password-reset-requested", Json(new PasswordResetRequested(Given.Customer, "ada@example.com", "secret-token", Given.Now)))
            .ToJsonString();
        Assert.Contains("ada@example.com", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-token", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void of_a_type_that_nobody_knows_nothing_stays()
    {
        Assert.True(personal.IsBorneBy("order.teleported"));
        Assert.Equal("{}", personal.Erase("order.teleported", JsonNode.Parse("""{ "to": "ada@example.com" }""")!).ToJsonString());
    }

    [Fact]
    public void fields_that_are_named_like_personal_data_are_marked()
    {
        string[] names = ["Email", "DisplayName", "Token", "TrackingNumber", "Phone", "Line1", "PostalCode"];
        var events = Types.All.Select(t => t.Value).Concat([typeof(OrderSummary), typeof(Recipient), typeof(NotificationDetails)]);
        Assert.Empty(events.SelectMany(t => t.GetProperties())
            .Where(p => names.Contains(p.Name) && p.GetCustomAttribute<PersonalAttribute>() is null)
            .Select(p => $"{p.DeclaringType}.{p.Name}"));
    }

    private static JsonNode Json(IShopEvent e) => JsonSerializer.SerializeToNode(e, e.GetType(), StateJson.Options)!;
}
