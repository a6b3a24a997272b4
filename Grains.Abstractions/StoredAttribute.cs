namespace SoonShop;

/// <summary>
/// Marks a member that the API does not show (<c>[JsonIgnore]</c>), but that states store, such as the texts from which a stored response
/// is translated.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class StoredAttribute : Attribute;
