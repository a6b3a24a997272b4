using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Nodes;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.Auditing;
using SoonShop.Carts;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Privacy;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Users;

/// <summary>
/// Writes all data about a user as one JSON document, page by page. However long the lists are, only one page is in memory, and writing
/// waits for a slow reader.
/// </summary>
internal sealed class AccountExport(IClusterClient cluster, Guid userId, JsonSerializerOptions json, TimeProvider time)
{
    /// <summary>Increased when a member is removed or changes its meaning. New members do not increase it.</summary>
    private const int SchemaVersion = 1;

    private const int PageSize = PageRequest.MaxLimit;

    private readonly Caller caller = new(userId, null, IsAdmin: false);
    private AccountData account = null!;
    private NotificationPreferences preferences = null!;
    private Cart? cart;
    private ImmutableArray<SavedPaymentMethod> methods;

    /// <summary>Reads the data that is not a list. Returns the error when there is no such account.</summary>
    public async Task<Error?> BeginAsync()
    {
        var held = cluster.GetGrain<IUserGrain>(userId).GetAccountDataAsync();
        var wishes = cluster.GetGrain<INotificationGrain>(userId).GetPreferencesAsync();
        var lines = cluster.GetGrain<ICartGrain>(userId).GetAsync(caller);
        var cards = cluster.GetGrain<IPaymentCustomerGrain>(userId).ListMethodsAsync();
        await Task.WhenAll(held, wishes, lines, cards);
        if (held.Result.IsError)
            return held.Result.Error;
        (account, preferences, cart, methods) = (held.Result.Value, wishes.Result, lines.Result.Value, cards.Result);
        return null;
    }

    /// <summary>Writes the document. An interrupted response is not a valid JSON document.</summary>
    public async Task WriteAsync(PipeWriter output, CancellationToken cancellation)
    {
        await using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteNumber("schemaVersion", SchemaVersion);
        writer.WriteString("exportedAt", time.GetUtcNow());
        Write(writer, "profile", account.User);
        Write(writer, "emailChange", account.EmailChange);
        Write(writer, "formerEmail", account.FormerEmail);
        Write(writer, "customerGroups", account.CustomerGroups.IsDefault ? [] : account.CustomerGroups);
        Write(writer, "taxExemptionReason", account.TaxExemptionReason);
        Write(writer, "addresses", account.Addresses.Select(AddressResponse.Of));
        Write(writer, "sessions", account.Sessions);
        Write(writer, "notificationPreferences", preferences);
        Write(writer, "cart", cart);
        Write(writer, "paymentMethods", methods);
        await WriteListAsync(writer, output, "orders", OrdersAsync, ToItemAsync, cancellation);
        await WriteListAsync(writer, output, "draftOrders", DraftOrdersAsync, ToItemAsync, cancellation);
        await WriteListAsync(writer, output, "notifications", NotificationsAsync, ToItemAsync, cancellation);
        await WriteListAsync(
            writer, output, "auditLog", cluster.GetGrain<IPersonalDataGrain>(userId).AuditAsync, ToItemAsync, cancellation);
        await WriteListAsync(writer, output, "events", cluster.GetGrain<IPersonalDataGrain>(userId).EventsAsync, ToItemAsync, cancellation);
        writer.WriteEndObject();
        await writer.FlushAsync(cancellation);
        await output.FlushAsync(cancellation);
    }

    private Task<Result<Page<Order>>> OrdersAsync(PageRequest page) =>
        cluster.GetGrain<IOrderListGrain>(WorkerKeys.Next()).ListAsync(
            new OrderQuery(userId, null, null, null, null, page) { ForBuyer = true });

    private Task<Result<Page<DraftOrder>>> DraftOrdersAsync(PageRequest page) =>
        cluster.GetGrain<IDraftOrderListGrain>(WorkerKeys.Next()).ListAsync(new DraftOrderQuery(null, userId, page));

    private async Task<Result<Page<Notification>>> NotificationsAsync(PageRequest page)
    {
        var found = await cluster.GetGrain<INotificationGrain>(userId).ListAsync(unreadOnly: false, page);
        return found.IsError ? found.Error : new Page<Notification>(found.Value.Items, found.Value.NextCursor);
    }

    private async Task<object> ToItemAsync(Order order)
    {
        var payment = await cluster.GetGrain<IPaymentGrain>(order.Id).GetAsync(caller);
        // Who finds the file must not be able to complete the payment.
        return new ExportedOrder(order.WithoutClientSecret(), payment.Value is { } paid ? paid with { ClientSecret = null } : null);
    }

    private static Task<object> ToItemAsync(DraftOrder draft) => Task.FromResult<object>(draft);

    private static Task<object> ToItemAsync(Notification notification) => Task.FromResult<object>(notification);

    private static Task<object> ToItemAsync(PersonalAuditEntry e) =>
        Task.FromResult<object>(new ExportedAuditEntry(
            e.At, e.Actor, e.Action, e.Subject, e.Outcome, e.Details is null ? null : JsonNode.Parse(e.Details), e.Address, e.UserAgent));

    private static Task<object> ToItemAsync(PersonalEvent e) =>
        Task.FromResult<object>(new ExportedEvent(e.Id, e.Type, e.Time, JsonNode.Parse(e.Data)));

    private void Write<T>(Utf8JsonWriter writer, string name, T value)
    {
        writer.WritePropertyName(name);
        JsonSerializer.Serialize(writer, value, json);
    }

    private async Task WriteListAsync<T>(
        Utf8JsonWriter writer, PipeWriter output, string name, Func<PageRequest, Task<Result<Page<T>>>> read, Func<T, Task<object>> toItem,
        CancellationToken cancellation)
    {
        writer.WriteStartArray(name);
        string? cursor = null;
        do
        {
            var page = await read(new PageRequest(PageSize, cursor));
            if (page.IsError)
                throw new InvalidOperationException($"A page of {name} was refused: {page.Error.Detail}");
            foreach (var item in await Task.WhenAll(page.Value.Items.Select(toItem)))
                JsonSerializer.Serialize(writer, item, item.GetType(), json);
            cursor = page.Value.NextCursor;
            await writer.FlushAsync(cancellation);
            await output.FlushAsync(cancellation);
        }
        while (cursor is not null);
        writer.WriteEndArray();
    }

    /// <summary>All data of the account.</summary>
    /// <param name="SchemaVersion">Currently 1. New members do not increase it.</param>
    /// <param name="ExportedAt">The time of the export.</param>
    /// <param name="Profile">The account.</param>
    /// <param name="EmailChange">A pending change of the e-mail address.</param>
    /// <param name="FormerEmail">The e-mail address before the last change, while the change can be undone.</param>
    /// <param name="CustomerGroups">The customer groups that the shop has put the customer in.</param>
    /// <param name="TaxExemptionReason">Why the customer pays no tax; null for a customer who pays it.</param>
    /// <param name="Addresses">The saved addresses.</param>
    /// <param name="Sessions">The open sessions, without secrets.</param>
    /// <param name="NotificationPreferences">The preferences for notifications.</param>
    /// <param name="Cart">The cart.</param>
    /// <param name="PaymentMethods">Payment methods saved at the payment provider, as it shows them.</param>
    /// <param name="Orders">All orders, newest first, each with its payment.</param>
    /// <param name="DraftOrders">Orders that the shop has written for the customer, newest first.</param>
    /// <param name="Notifications">The inbox, with the delivery of each notification.</param>
    /// <param name="AuditLog">Actions by and on the account.</param>
    /// <param name="Events">The stored events about the account.</param>
    internal sealed record Document(
        int SchemaVersion, DateTimeOffset ExportedAt, User Profile, EmailChangeData? EmailChange, FormerEmailData? FormerEmail,
        string[] CustomerGroups, string? TaxExemptionReason, AddressResponse[] Addresses, SessionData[] Sessions,
        NotificationPreferences NotificationPreferences, Cart? Cart, SavedPaymentMethod[] PaymentMethods, ExportedOrder[] Orders,
        DraftOrder[] DraftOrders, Notification[] Notifications, ExportedAuditEntry[] AuditLog, ExportedEvent[] Events);

    /// <summary>An order with its payment.</summary>
    internal sealed record ExportedOrder(Order Order, Payment? Payment);

    /// <summary>An entry of the audit log.</summary>
    internal sealed record ExportedAuditEntry(
        DateTimeOffset At, string Actor, string Action, string Subject, AuditOutcome Outcome, JsonNode? Details, string? Address,
        string? UserAgent);

    /// <summary>An event, without secrets.</summary>
    internal sealed record ExportedEvent(string Id, string Type, DateTimeOffset Time, JsonNode? Data);
}
