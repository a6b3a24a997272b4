using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;
using SoonShop.Addresses;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Orders;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Payments;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Users;

/// <summary>The signed-in customer's own account.</summary>
internal static class MeApi
{
    public static void MapMe(this IEndpointRouteBuilder api)
    {
        var me = api.MapGroup("/me").WithTags("Accounts").ForCustomers().ProducesProblems(ErrorCode.NotFound);
        me.MapGet("", GetAsync).WithName("getProfile").WithSummary("Get my profile");
        me.MapPatch("", UpdateAsync).WithName("updateProfile").WithSummary("Change my profile");
        me.MapPost("/password", ChangePasswordAsync)
            .LimitRate(RateClass.Login).TakesPassword().WithName("changePassword").WithSummary("Change my password");
        // It reveals whether an address is taken, like a registration.
        me.MapPost("/email", ChangeEmailAsync).LimitRate(RateClass.Registration)
            .LimitRateByEmail<ChangeEmailRequest>(RateClass.Mail, b => b.NewEmail).TakesPassword()
            .WithName("changeEmail").WithSummary("Request a change of my e-mail address")
            .ProducesProblems(ErrorCode.EmailTaken).ProducesProblems(ErrorCode.Conflict);
        me.MapGet("/addresses", GetAddressesAsync).WithName("listAddresses").WithSummary("List my addresses");
        me.MapPost("/addresses", AddAddressAsync).WithName("addAddress").WithSummary("Add an address");
        me.MapPut("/addresses/{id:guid}", PutAddressAsync).WithName("replaceAddress").WithSummary("Replace an address");
        me.MapDelete("/addresses/{id:guid}", RemoveAddressAsync).WithName("removeAddress").WithSummary("Remove an address");
        me.MapGet("/payment-methods", GetPaymentMethodsAsync)
            .Admit(AdmissionClass.Payments).WithName("listPaymentMethods").WithSummary("List my saved payment methods");
        me.MapDelete("/payment-methods/{id}", RemovePaymentMethodAsync)
            .Admit(AdmissionClass.Payments).WithName("removePaymentMethod").WithSummary("Remove a saved payment method");
    }

    private static async Task<Results<Ok<User>, Problem>> GetAsync(ClaimsPrincipal user, IClusterClient cluster) =>
        (await Mine(user, cluster).GetAsync()).Ok();

    private static async Task<Results<Ok<User>, Problem>> UpdateAsync(ProfileRequest body, ClaimsPrincipal user, IClusterClient cluster) =>
        (await Mine(user, cluster).UpdateProfileAsync(body.DisplayName, body.Locale)).Ok();

    private static async Task<Results<NoContent, Problem>> ChangePasswordAsync(
        ChangePasswordRequest body, ClaimsPrincipal user, IClusterClient cluster) =>
        (await Mine(user, cluster).ChangePasswordAsync(user.SessionId(), body.CurrentPassword!, body.NewPassword!)).NoContent();

    private static async Task<Results<Accepted, Problem>> ChangeEmailAsync(
        ChangeEmailRequest body, ClaimsPrincipal user, IClusterClient cluster)
    {
        var result = await Mine(user, cluster).RequestEmailChangeAsync(user.SessionId(), body.NewEmail!, body.CurrentPassword!);
        return result.IsError ? new Problem(result.Error) : TypedResults.Accepted((string?)null);
    }

    private static async Task<Ok<Page<AddressResponse>>> GetAddressesAsync(ClaimsPrincipal user, IClusterClient cluster) =>
        TypedResults.Ok(new Page<AddressResponse>([.. (await Mine(user, cluster).GetAddressesAsync()).Select(AddressResponse.Of)], null));

    private static async Task<Results<Created<AddressResponse>, Problem>> AddAddressAsync(
        AddressRequest body, HttpContext context, ClaimsPrincipal user, IClusterClient cluster)
    {
        var result = await Mine(user, cluster).PutAddressAsync(context.OperationId(), body.ToAddress(), mustExist: false);
        return result.IsError
            ? new Problem(result.Error)
            : TypedResults.Created($"/api/v1/me/addresses/{result.Value.Id}", AddressResponse.Of(result.Value));
    }

    private static async Task<Results<Ok<AddressResponse>, Problem>> PutAddressAsync(
        Guid id, AddressRequest body, ClaimsPrincipal user, IClusterClient cluster) =>
        (await Mine(user, cluster).PutAddressAsync(id, body.ToAddress(), mustExist: true)).Ok(AddressResponse.Of);

    private static async Task<Results<NoContent, Problem>> RemoveAddressAsync(Guid id, ClaimsPrincipal user, IClusterClient cluster) =>
        (await Mine(user, cluster).RemoveAddressAsync(id)).NoContent();

    private static async Task<Ok<Page<SavedPaymentMethod>>> GetPaymentMethodsAsync(ClaimsPrincipal user, IClusterClient cluster) =>
        TypedResults.Ok(new Page<SavedPaymentMethod>(await Paying(user, cluster).ListMethodsAsync(), null));

    private static async Task<Results<NoContent, Problem>> RemovePaymentMethodAsync(
        string id, ClaimsPrincipal user, IClusterClient cluster) =>
        (await Paying(user, cluster).RemoveMethodAsync(id)).NoContent();

    private static IPaymentCustomerGrain Paying(ClaimsPrincipal user, IClusterClient cluster) =>
        cluster.GetGrain<IPaymentCustomerGrain>(user.RequiredUserId());

    private static IUserGrain Mine(ClaimsPrincipal user, IClusterClient cluster) => cluster.GetGrain<IUserGrain>(user.RequiredUserId());
}

/// <summary>The changed members of an account. Omitted members stay unchanged.</summary>
public sealed record ProfileRequest(
    [property: TextLength(DisplayNames.MaxLength, MinimumLength = 1), MailedText] string? DisplayName,
    [property: LanguageTag] string? Locale);

/// <summary>A new password, with the current one.</summary>
public sealed record ChangePasswordRequest(
    [property: RequiredField, KnownPassword] string? CurrentPassword,
    [property: RequiredField, NewPassword] string? NewPassword);

/// <summary>A new e-mail address, with the current password.</summary>
public sealed record ChangeEmailRequest(
    [property: RequiredField, MailAddress] string? NewEmail,
    [property: RequiredField, KnownPassword] string? CurrentPassword);

/// <summary>A postal address. The country decides which parts are required and which form they have.</summary>
public sealed record AddressRequest(
    [property: RequiredField, TextLength(100), AddressLine] string? Name,
    [property: RequiredField, TextLength(200), AddressLine] string? Line1,
    [property: TextLength(200), AddressLine] string? Line2,
    [property: AddressPart("Town."), TextLength(100), AddressLine] string? City,
    [property: AddressPart("State, province or the like, by name or code."), TextLength(100), AddressLine] string? Region,
    [property: AddressPart("In the country's form."), TextLength(20), AddressLine] string? PostalCode,
    [property: RequiredField, CountryCode] string? Country,
    [property: TextLength(30), AddressLine] string? Phone)
{
    public Address ToAddress() => new(Name ?? "", Line1 ?? "", Line2, City ?? "", Region, PostalCode ?? "", Country ?? "", Phone);
}

/// <summary>Validates a part of an address by the country's rules. See <see cref="AddressRules"/>.</summary>
/// <param name="about">The description of the part.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddressPartAttribute(string about) : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation)
    {
        // The framework passes the whole body to a rule, not the object with the value.
        var address = validation.ObjectInstance switch
        {
            PlaceOrderRequest order => order.ShippingAddress,
            DraftOrderRequest draft => draft.ShippingAddress,
            UpdateOrderRequest correction => correction.ShippingAddress,
            var other => other as AddressRequest,
        };
        var member = JsonNamingPolicy.CamelCase.ConvertName(validation.MemberName!);
        return address is not null && Errors(address, validation).GetValueOrDefault(member) is [var fault, ..] ? fault : null;
    }

    /// <summary>Validates the address once for all of its parts.</summary>
    private static IReadOnlyDictionary<string, ErrorText[]> Errors(AddressRequest address, ValidationContext validationContext)
    {
        if (validationContext.Items.TryGetValue(typeof(AddressRules), out var known)
            && known is (AddressRequest of, CheckedAddress check) && ReferenceEquals(of, address))
            return check.Errors;
        var made = AddressRules.Check(address.ToAddress());
        validationContext.Items[typeof(AddressRules)] = (address, made);
        return made.Errors;
    }

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Description = $"{about} Required where the country's addresses have it.";
}

/// <summary>One of the customer's saved addresses.</summary>
internal sealed record AddressResponse(
    Guid Id, string Name, string Line1, string? Line2, string City, string? Region, string PostalCode, string Country, string? Phone)
{
    public static AddressResponse Of(SavedAddress saved)
    {
        var a = saved.Address;
        return new AddressResponse(saved.Id, a.Name, a.Line1, a.Line2, a.City, a.Region, a.PostalCode, a.Country, a.Phone);
    }
}
